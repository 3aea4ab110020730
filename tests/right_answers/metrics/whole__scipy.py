# right answer: the whole set metrics
# style: SciPy where it has the word

import numpy as np
import scipy
from scipy.spatial import distance
from scipy.special import xlogy


def frechet_distance(mean1, cov1, mean2, cov2):
    root1 = scipy.linalg.sqrtm(np.asarray(cov1, "float64") + 1e-9 * np.eye(len(cov1)))
    inner = np.real(root1) @ np.asarray(cov2, "float64") @ np.real(root1)
    eigenvalues = scipy.linalg.eigvalsh((inner + inner.T) / 2)
    root_trace = np.sqrt(eigenvalues.clip(min=0)).sum()
    return max(
        distance.sqeuclidean(np.asarray(mean1), np.asarray(mean2))
        + np.trace(np.asarray(cov1))
        + np.trace(np.asarray(cov2))
        - 2 * root_trace,
        0.0,
    )


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    q = p.mean(axis=0)
    return np.exp(np.mean(np.sum(xlogy(p, p) - xlogy(p, q), axis=1)))


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    cross = distance.cdist(real, fake)
    real_radii, fake_radii = (
        np.sort(distance.squareform(distance.pdist(features)))[:, k]
        for features in (real, fake)
    )
    precision = (cross <= real_radii[:, None]).any(axis=0).mean()
    recall = (cross <= fake_radii[None, :]).any(axis=1).mean()
    return precision, recall


def psnr(images, reconstructions, max_value=255.0):
    images, reconstructions = np.asarray(images), np.asarray(reconstructions)
    values = []
    for image, reconstruction in zip(images, reconstructions, strict=True):
        mse = np.square(image - reconstruction).mean()
        values.append(10 * np.log10(max_value**2 / mse) if mse else np.inf)
    return np.array(values)
