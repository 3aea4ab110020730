# misconception: frechet_distance
# slug: root_of_distance
# what: the root of the squared distance is returned
# told: looks like the distance, not its square: the two agree only at 0 and 1

import numpy as np


def root(cov):
    values, vectors = np.linalg.eigh(cov)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    overlap = np.linalg.norm(root(cov1) @ root(cov2), ord="nuc")
    squared = np.sum((mean1 - mean2) ** 2) + np.trace(cov1 + cov2) - 2 * overlap
    return float(np.sqrt(max(squared, 0.0)))
