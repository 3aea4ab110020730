# misconception: precision_recall
# slug: own_radii
# what: the radii are those of the points that are asked about
# told: looks like the radii of the wrong set: for precision the balls are those around
#   the real points

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(points, points), axis=1)[:, k]
    return float((cdist(points, centres) <= radii[:, None]).any(axis=1).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(fake, real, k), share(real, fake, k)
