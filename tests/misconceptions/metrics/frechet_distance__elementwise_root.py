# misconception: frechet_distance
# slug: elementwise_root
# what: np.sqrt of the product's entries where the matrix root was meant
# told: looks like np.sqrt, which takes the root of each number: the root of a matrix is
#   another matrix, whose square it is

import numpy as np


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    covmean = np.sqrt(np.abs(cov1 @ cov2))
    distance = np.sum((mean1 - mean2) ** 2) + np.trace(cov1 + cov2 - 2 * covmean)
    return max(float(distance), 0.0)
