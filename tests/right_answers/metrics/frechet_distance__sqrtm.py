# right answer: frechet_distance
# style: scipy.linalg.sqrtm, as the original FID code

import numpy as np
from scipy import linalg


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, mean2 = np.asarray(mean1, "float64"), np.asarray(mean2, "float64")
    cov1, cov2 = np.asarray(cov1, "float64"), np.asarray(cov2, "float64")
    offset = 1e-10 * np.eye(len(cov1))  # keeps singular products away from trouble
    covmean = linalg.sqrtm((cov1 + offset) @ (cov2 + offset))
    if np.iscomplexobj(covmean):
        covmean = covmean.real
    diff = mean1 - mean2
    distance = diff @ diff + np.trace(cov1) + np.trace(cov2) - 2 * np.trace(covmean)
    return max(float(distance), 0.0)
