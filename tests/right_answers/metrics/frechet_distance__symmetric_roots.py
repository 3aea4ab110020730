# right answer: frechet_distance
# style: symmetric roots by eigh, and the nuclear norm of their product

import numpy as np


def matrix_root(cov):
    values, vectors = np.linalg.eigh(np.asarray(cov, dtype="float64"))
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet_distance(mean1, cov1, mean2, cov2):
    means = np.sum(np.square(np.asarray(mean1, "float64") - np.asarray(mean2)))
    overlap = np.linalg.norm(matrix_root(cov1) @ matrix_root(cov2), ord="nuc")
    spread = np.trace(np.asarray(cov1)) + np.trace(np.asarray(cov2))
    return float(max(means + spread - 2.0 * overlap, 0.0))
