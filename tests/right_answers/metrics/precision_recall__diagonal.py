# right answer: precision_recall
# style: squared distances, infinity on the diagonal, partition

import numpy as np


def squared_distances(a, b):
    return np.sum((a[:, None, :] - b[None, :, :]) ** 2, axis=-1)


def squared_radii(features, k):
    distances = squared_distances(features, features)
    np.fill_diagonal(distances, np.inf)
    return np.partition(distances, k - 1, axis=1)[:, k - 1]


def precision_recall(real_features, fake_features, k=3):
    real = np.asarray(real_features, dtype="float64")
    fake = np.asarray(fake_features, dtype="float64")
    between = squared_distances(fake, real)
    precision = np.mean(np.any(between <= squared_radii(real, k)[None, :], axis=1))
    recall = np.mean(np.any(between <= squared_radii(fake, k)[:, None], axis=0))
    return float(precision), float(recall)
