# misconception: precision_recall
# slug: squared_against_plain
# what: squared distances are compared with radii
# told: looks like squared distances compared with radii that are not squared: both or
#   neither

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(centres, centres), axis=1)[:, k]
    inside = cdist(points, centres, "sqeuclidean") <= radii
    return float(inside.any(axis=1).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real, k), share(real, fake, k)
