"""The kernel distance of two sets of pictures, by the features of a network.

Unlike the Fréchet distance it has no bias, so few pictures do, and it does not take
the features for Gaussian.

Synopsis:

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> some, others = rng.standard_normal((2, 200, 8))
>>> abs(kernel_distance(some, others)) < 0.05 < kernel_distance(some, others + 1.0)
True
"""

import numpy as np

from keras_gen.metrics.pairs import blocks, check_features

DEGREE = 3


def kernel_distance(features_a, features_b):
    """Estimates the squared maximum mean discrepancy of two sets of feature vectors.

    `E k(a, a') + E k(b, b') - 2 E k(a, b)`, where `k(x, y) = (x y / dim + 1)^3`.  With
    features of Inception-v3 it is the KID.  All pairs of different pictures are taken,
    so it is 0 in expectation for two samples of one distribution, and can be a little
    negative.  The paper averages over subsets to save time; that estimates the same,
    with more noise.

    Args:
        features_a: array `(n, dim)`, n at least 2.
        features_b: array `(m, dim)`, m at least 2.

    Returns:
        A float.

    Raises:
        ValueError: for other shapes, or features that are not finite.

    Example:

    >>> zeros, ones = np.zeros((2, 1)), np.ones((3, 1))
    >>> kernel_distance(zeros, ones)  # 1 + 8 - 2
    7.0

    Reference:
        Bińkowski et al. 2018, https://arxiv.org/abs/1801.01401, section 3;
        Gretton et al. 2012, https://jmlr.org/papers/v13/gretton12a.html, eq. 3.
    """
    a, b = check_features(features_a=features_a, features_b=features_b)
    within = sum(
        (_sum(x, x) - np.sum(_kernel(np.sum(x * x, axis=1), x.shape[1])))
        / (len(x) * (len(x) - 1))
        for x in (a, b)
    )
    return float(within - 2.0 * _sum(a, b) / (len(a) * len(b)))


def _sum(a, b):
    return sum(np.sum(_kernel(a[rows] @ b.T, a.shape[1])) for rows in blocks(len(a)))


def _kernel(products, dim):
    return (products / dim + 1.0) ** DEGREE
