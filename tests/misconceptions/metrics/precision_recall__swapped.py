# misconception: precision_recall
# slug: swapped
# what: precision and recall are swapped
# told: looks like recall in the place of precision: precision asks how many of the
#   fakes lie among the reals

import numpy as np
from scipy.spatial.distance import cdist


def share(points, centres, k):
    radii = np.sort(cdist(centres, centres), axis=1)[:, k]
    return float((cdist(points, centres) <= radii).any(axis=1).mean())


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return share(real, fake, k), share(fake, real, k)
