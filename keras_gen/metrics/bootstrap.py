"""How much of a figure is chance: intervals by drawing pictures again.

Synopsis:

>>> import numpy as np
>>> values = np.random.default_rng(0).standard_normal((400, 1))
>>> low, high = bootstrap_interval(lambda x: float(x.mean()), values)
>>> bool(low < values.mean() < high)
True
"""

import numpy as np

from keras_gen.checks import check_positive_integers


def bootstrap_interval(figure, *sets, level=0.95, num=200, seed=0):
    """Estimates between which bounds a figure of other samples would lie.

    Each set is drawn again, with replacement, `num` times.  A picture that is drawn
    twice makes distances larger, so the figures of the new sets do not lie around the
    figure itself; what counts is how they spread around their own mean, and the
    interval is that spread around the figure.

    Args:
        figure: function of as many arrays as there are sets, whose first axis is the
            pictures; returns a float.
        *sets: arrays.
        level: in ]0, 1[: in what share of all experiments the interval should hold
            what infinitely many such experiments have on average.
        num: how often the sets are drawn again.
        seed: of the draws.

    Returns:
        `(low, high)`, two floats.

    Raises:
        ValueError: if level or num are no such numbers.

    Reference:
        Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 6 and 10
        (standard errors and bias).
    """
    check_positive_integers(num=num)
    if not 0 < level < 1:
        raise ValueError(f"level must be a number between 0 and 1; got {level!r}.")
    rng = np.random.default_rng(seed)
    found = [
        figure(*(each[rng.integers(0, len(each), len(each))] for each in sets))
        for _ in range(num)
    ]
    spread = np.quantile(found, [(1 - level) / 2, (1 + level) / 2]) - np.mean(found)
    low, high = figure(*sets) + spread
    return float(low), float(high)
