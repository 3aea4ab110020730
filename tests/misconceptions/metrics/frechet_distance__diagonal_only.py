# misconception: frechet_distance
# slug: diagonal_only
# what: only the variances of the dimensions are compared
# told: looks like the variances alone: how the dimensions vary together, off the
#   covariances' diagonal, is lost

import numpy as np


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    std1, std2 = np.sqrt(np.diag(cov1)), np.sqrt(np.diag(cov2))
    return float(np.sum((mean1 - mean2) ** 2) + np.sum((std1 - std2) ** 2))
