# misconception: frechet_distance
# slug: fails_on_singular
# what: a Cholesky factor, which singular covariances do not have
# told: looks like a Cholesky factor: it fails for a covariance without full rank, such
#   as that of few samples

import numpy as np
from scipy import linalg


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    factor = linalg.cholesky(cov1, lower=True)
    eigenvalues = linalg.eigvalsh(factor.T @ cov2 @ factor)
    overlap = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    distance = np.sum((mean1 - mean2) ** 2) + np.trace(cov1 + cov2) - 2 * overlap
    return max(float(distance), 0.0)
