"""How different generated pictures are from each other.

Synopsis:

>>> import numpy as np
>>> vendi_score(np.eye(4)) > 3.99 > vendi_score(np.ones((4, 4)))
True
"""

import numpy as np

from keras_gen.metrics.pairs import check_features, mean_distance


def mean_pairwise_distance(features):
    """Averages the Euclidean distance over all pairs of different pictures.

    A generator that always draws the same has 0; compare with real pictures.

    Args:
        features: array `(n, dim)`, n at least 2; pictures may be flattened.

    Returns:
        A float, at least 0.

    Raises:
        ValueError: for another shape, or features that are not finite.

    Example:

    >>> mean_pairwise_distance([[0.0], [3.0]])
    3.0
    """
    (features,) = check_features(features=features)
    return mean_distance(features, features)


def vendi_score(features):
    """Counts how many different pictures there seem to be.

    The exponential of the entropy of the eigenvalues of the pictures' similarities,
    which are the cosines of the angles between their features, divided by n: n for
    pictures that have nothing in common, 1 for n copies of one.

    Args:
        features: array `(n, dim)`, n at least 2, no row all zeros.

    Returns:
        A float, from 1 to the smaller of n and dim.

    Raises:
        ValueError: for another shape, features that are not finite, or zeros.

    Reference:
        Friedman & Dieng 2023, https://arxiv.org/abs/2210.02410, definition 3.1.
    """
    (features,) = check_features(features=features)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError("features must have no row of zeros, which has no direction.")
    # The squares of the singular values are the eigenvalues of all cosines.
    values = np.linalg.svd(features / lengths, compute_uv=False) ** 2 / len(features)
    values = values[values > 0]
    return float(np.exp(-np.sum(values * np.log(values))))
