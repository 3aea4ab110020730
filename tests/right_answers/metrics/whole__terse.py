# right answer: the whole set metrics
# style: as short as it goes

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import rel_entr


def frechet_distance(mean1, cov1, mean2, cov2):
    d = np.array(mean1) - np.array(mean2)
    a, b = np.array(cov1, "float64"), np.array(cov2, "float64")
    e = np.linalg.eigvals(a @ b).real.clip(0)
    return max(d @ d + np.trace(a + b) - 2 * np.sqrt(e).sum(), 0)


def inception_score(class_probabilities):
    p = np.array(class_probabilities)
    return np.exp(rel_entr(p, p.mean(0)).sum(1).mean())


def precision_recall(real_features, fake_features, k=3):
    r, f = np.array(real_features), np.array(fake_features)
    return tuple(
        (cdist(x, y) <= np.sort(cdist(y, y))[:, k]).any(1).mean()
        for x, y in ((f, r), (r, f))
    )


def psnr(images, reconstructions, max_value=255.0):
    with np.errstate(all="ignore"):
        mse = ((np.array(images) - np.array(reconstructions)) ** 2).mean((1, 2, 3))
        return 20 * np.log10(max_value / np.sqrt(mse))
