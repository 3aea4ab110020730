# right answer: frechet_distance
# style: the trace of the root from the eigenvalues of the product

import numpy as np


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, mean2 = np.array(mean1), np.array(mean2)
    cov1, cov2 = np.array(cov1), np.array(cov2)
    eigenvalues = np.linalg.eigvals(cov1 @ cov2).real
    trace_of_root = np.sqrt(np.clip(eigenvalues, 0.0, None)).sum()
    distance = ((mean1 - mean2) ** 2).sum() + np.trace(cov1 + cov2) - 2 * trace_of_root
    return np.maximum(distance, 0.0)
