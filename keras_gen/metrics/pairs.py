"""All pairs of two sets of feature vectors, some at a time."""

import numpy as np

BLOCK = 1024


def check_features(**features):
    """Gives sets of feature vectors in double precision, or says what is wrong.

    Args:
        **features: names, and arrays `(n, dim)`, of one dim and n at least 2.

    Returns:
        The arrays.

    Raises:
        ValueError: for other shapes, or features that are not finite.

    Example:

    >>> check_features(real=np.zeros((5, 2)), generated=np.zeros((5, 3)))
    Traceback (most recent call last):
        ...
    ValueError: real and generated must have the shape (n, dim), n at least 2, and one \
dim; got (5, 2) and (5, 3).
    """
    names = " and ".join(features)
    arrays = [np.asarray(x, "float64") for x in features.values()]
    shapes = [x.shape for x in arrays]
    two_dimensional = all(len(shape) == 2 and shape[0] > 1 for shape in shapes)
    if not two_dimensional or len({shape[1] for shape in shapes}) > 1:
        one_dim = ", and one dim" if len(shapes) > 1 else ""
        raise ValueError(
            f"{names} must have the shape (n, dim), n at least 2{one_dim}; got "
            f"{' and '.join(map(str, shapes))}."
        )
    if not all(np.isfinite(x).all() for x in arrays):
        raise ValueError(f"{names} must be finite; got NaN or inf.")
    return arrays


def blocks(num):
    """Gives slices that cover a set, so that memory does not grow with all its pairs.

    Args:
        num: size of the set.

    Returns:
        An iterator of slices.
    """
    return (slice(start, start + BLOCK) for start in range(0, num, BLOCK))


def mean_distance(a, b):
    """Averages the Euclidean distance over all pairs of vectors, some at a time.

    Args:
        a: float64 array `(n, dim)`.
        b: float64 array `(m, dim)`; `a` itself for the pairs of different vectors.

    Returns:
        A float.

    Example:

    >>> a = np.array([[0.0], [3.0]])
    >>> mean_distance(a, a), mean_distance(a, np.array([[1.0]]))
    (3.0, 1.5)
    """
    total = 0.0
    for rows in blocks(len(a)):
        found = distances(a[rows], b)
        if a is b:
            np.fill_diagonal(found[:, rows], 0.0)  # rounding, that the root made large
        total += found.sum()
    return float(total / (len(a) * (len(b) - (a is b))))


def distances(a, b):
    """Gives the Euclidean distance of each vector of one set to each of another.

    Args:
        a: float64 array `(n, dim)`.
        b: float64 array `(m, dim)`.

    Returns:
        Array `(n, m)`.
    """
    squares = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1) - 2.0 * a @ b.T
    return np.sqrt(np.maximum(squares, 0.0))
