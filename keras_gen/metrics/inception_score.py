"""The Inception Score: is each picture of one class, and are all classes drawn?

Synopsis:

>>> import numpy as np
>>> sure_and_varied = np.eye(10)
>>> round(inception_score(sure_and_varied), 6)
10.0
"""

import numpy as np


def inception_score(probabilities):
    """Measures what a classifier makes of generated pictures.

    `exp(E KL(p(class | picture) || p(class)))`: from 1, where every picture looks the
    same to the classifier, to the number of classes.  It never looks at a real
    picture, and a single perfect picture of each class gets the highest score.

    Args:
        probabilities: array `(n, classes)`; each row sums to 1.

    Returns:
        A float, from 1 to the number of classes.

    Raises:
        ValueError: for another shape, or what are no probabilities.

    Example:

    >>> inception_score(np.full((5, 4), 0.25))
    1.0

    Reference:
        Salimans et al. 2016, https://arxiv.org/abs/1606.03498, section 4.
    """
    p = np.asarray(probabilities, "float64")
    if p.ndim != 2 or not p.size:
        raise ValueError(
            f"probabilities must have the shape (n, classes); got {p.shape}."
        )
    if not (np.all(p >= 0) and np.allclose(p.sum(axis=1), 1.0, atol=1e-3)):
        raise ValueError(
            "probabilities must be at least 0, and each row must sum to 1; got values "
            f"in [{p.min():g}, {p.max():g}] and sums in "
            f"[{p.sum(axis=1).min():g}, {p.sum(axis=1).max():g}]."
        )
    divergences = _entropy(p.mean(axis=0)) - _entropy(p)
    return float(np.exp(np.mean(divergences)))


def _entropy(p):
    """In nats, over the last axis; 0 log 0 is 0."""
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)
