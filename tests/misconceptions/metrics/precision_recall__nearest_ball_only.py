# misconception: precision_recall
# slug: nearest_ball_only
# what: only the ball of the nearest centre is looked at
# told: looks like a look at the nearest centre's ball alone: a wider ball of another
#   centre may hold the point

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(centres, centres), axis=1)[:, k]
    distances = cdist(points, centres)
    nearest = distances.argmin(axis=1)
    return float((distances.min(axis=1) <= radii[nearest]).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real, k), share(real, fake, k)
