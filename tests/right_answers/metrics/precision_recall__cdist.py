# right answer: precision_recall
# style: scipy's cdist and a sorted matrix

import numpy as np
from scipy.spatial.distance import cdist


def coverage(points, reference, k):
    """The share of the points that lie in one of the reference's balls."""
    radii = np.sort(cdist(reference, reference), axis=1)[:, k]  # column 0 is itself
    return (cdist(points, reference) <= radii).any(axis=1).mean()


def precision_recall(real_features, fake_features, k=3):
    real, fake = np.asarray(real_features), np.asarray(fake_features)
    return coverage(fake, real, k), coverage(real, fake, k)
