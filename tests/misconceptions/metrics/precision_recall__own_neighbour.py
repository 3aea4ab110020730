# misconception: precision_recall
# slug: own_neighbour
# what: a point counts as its own nearest neighbour
# told: looks like points that count as their own first neighbour: your radii reach to
#   the (k - 1)-th neighbour

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(centres, centres), axis=1)[:, k - 1]
    return float((cdist(points, centres) <= radii).any(axis=1).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real, k), share(real, fake, k)
