# misconception: precision_recall
# slug: k_ignored
# what: k is always 3
# told: looks like 3 neighbours whatever k is

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres):
    radii = np.sort(cdist(centres, centres), axis=1)[:, 3]
    return float((cdist(points, centres) <= radii).any(axis=1).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real), share(real, fake)
