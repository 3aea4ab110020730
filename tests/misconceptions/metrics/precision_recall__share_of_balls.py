# misconception: precision_recall
# slug: share_of_balls
# what: the share of balls that are hit (coverage) instead of the share of points
# told: looks like the share of balls that hold a point: the share of points that lie in
#   a ball was meant

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(centres, centres), axis=1)[:, k]
    return float((cdist(points, centres) <= radii).any(axis=0).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real, k), share(real, fake, k)
