# misconception: precision_recall
# slug: strictly_inside
# what: points at the radius itself are left out
# told: looks like distance < radius: a point at the radius itself is inside, too

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(centres, centres), axis=1)[:, k]
    return float((cdist(points, centres) < radii).any(axis=1).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real, k), share(real, fake, k)
