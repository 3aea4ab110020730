# misconception: frechet_distance
# slug: product_of_roots
# what: the product of the two roots where the root of the product was meant
# told: looks like the root of each covariance and then the product: this is the root of
#   the product only where the two commute

import numpy as np


def root(cov):
    values, vectors = np.linalg.eigh(cov)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    covmean = root(cov1) @ root(cov2)
    distance = np.sum((mean1 - mean2) ** 2) + np.trace(cov1 + cov2 - 2 * covmean)
    return max(float(distance), 0.0)
