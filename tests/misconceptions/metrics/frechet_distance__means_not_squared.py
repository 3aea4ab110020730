# misconception: frechet_distance
# slug: means_not_squared
# what: the distance of the means is not squared
# told: looks like the length of the difference of the means: the squared length was
#   meant

import numpy as np


def root(cov):
    values, vectors = np.linalg.eigh(cov)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    overlap = np.linalg.norm(root(cov1) @ root(cov2), ord="nuc")
    means = np.linalg.norm(mean1 - mean2)
    return max(float(means + np.trace(cov1 + cov2) - 2 * overlap), 0.0)
