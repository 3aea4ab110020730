# right answer: the whole set metrics
# style: NumPy alone

import numpy as np


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    product = np.linalg.eigvals(cov1.astype("float64") @ cov2.astype("float64"))
    root_trace = np.sqrt(np.abs(product.real)).sum()
    distance = np.sum((mean1 - mean2) ** 2) + np.trace(cov1 + cov2) - 2 * root_trace
    return float(np.clip(distance, 0, None))


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    marginal = np.broadcast_to(p.mean(axis=0), p.shape)
    positive = p > 0
    logs = np.zeros_like(p)
    logs[positive] = np.log(p[positive] / marginal[positive])
    return float(np.exp((p * logs).sum(axis=1).mean()))


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)

    def distances(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=-1)

    def inside(points, centres):
        radius = np.sort(distances(centres, centres), axis=-1)[:, k]
        return np.mean(np.any(distances(points, centres) <= radius, axis=1))

    return inside(fake, real), inside(real, fake)


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    mse = (error**2).mean(axis=(1, 2, 3))
    result = np.full(len(mse), np.inf)
    result[mse > 0] = 10 * np.log10(max_value**2 / mse[mse > 0])
    return result
