# right answer: the whole set metrics
# style: small helpers and a class for the manifold

import numpy as np

EPSILON = 1e-16


def as_float64(x):
    return np.array(x, dtype=np.float64)


def positive_root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    values = np.where(values > 0.0, values, 0.0)
    return vectors @ np.diag(values**0.5) @ vectors.T


def frechet_distance(mean1, cov1, mean2, cov2):
    cov1, cov2 = as_float64(cov1), as_float64(cov2)
    root1 = positive_root(cov1)
    covmean = positive_root(root1 @ cov2 @ root1)
    mean_term = np.linalg.norm(as_float64(mean1) - as_float64(mean2)) ** 2
    distance = mean_term + np.trace(cov1 + cov2 - 2 * covmean)
    return float(distance) if distance > 0 else 0.0


def kl(p, q):
    return float(np.sum(p * (np.log(p + EPSILON) - np.log(q + EPSILON))))


def inception_score(class_probabilities):
    rows = as_float64(class_probabilities)
    marginal = np.mean(rows, axis=0)
    return float(np.exp(np.mean([kl(row, marginal) for row in rows])))


class Manifold:
    """Union of balls around points, each as wide as the k-th neighbour is far."""

    def __init__(self, features, k):
        self.features = features
        self.radii = np.array([self.radius(i, k) for i in range(len(features))])

    def radius(self, index, k):
        others = np.delete(self.features, index, axis=0)
        distances = np.sqrt(((others - self.features[index]) ** 2).sum(axis=1))
        return np.sort(distances)[k - 1]

    def __contains__(self, point):
        distances = np.sqrt(((self.features - point) ** 2).sum(axis=1))
        return bool((distances <= self.radii).any())


def precision_recall(real_features, fake_features, k=3):
    real, fake = as_float64(real_features), as_float64(fake_features)
    real_manifold, fake_manifold = Manifold(real, k), Manifold(fake, k)
    precision = np.mean([point in real_manifold for point in fake])
    recall = np.mean([point in fake_manifold for point in real])
    return float(precision), float(recall)


def mean_squared_error(images, reconstructions):
    squared = (as_float64(images) - as_float64(reconstructions)) ** 2
    return squared.reshape(len(squared), -1).mean(axis=1)


def psnr(images, reconstructions, max_value=255.0):
    mse = mean_squared_error(images, reconstructions)
    with np.errstate(divide="ignore"):
        return 10 * (2 * np.log10(max_value) - np.log10(mse))
