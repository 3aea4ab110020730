"""How much of a figure is chance: an interval, by measuring random halves.

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
    """Estimates between which bounds the figure of other samples would lie.

    Half of each set is drawn `num` times.  Halves of one set differ from each other as
    much as sets of this size do, so their spread around their mean is the figure's.
    The ordinary bootstrap draws as many pictures as there are, some of them twice, and
    that ruins what counts neighbours: a picture's nearest would be itself.

    Args:
        figure: function of as many arrays as there are sets, whose first axis is the
            pictures; returns a float.
        *sets: arrays, of 4 pictures at least.
        level: in what share of all experiments the interval should hold the mean of
            them, between 0 and 1.
        num: how many halves.
        seed: of the halves.

    Returns:
        `(low, high)`, two floats.

    Raises:
        ValueError: if level or num are no such numbers, or a set is too small.

    Reference:
        Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, ch. 8
        (half-sampling); Shao & Wu 1989, https://doi.org/10.1214/aos/1176347263.
    """
    check_positive_integers(num=num)
    if not 0 < level < 1:
        raise ValueError(f"level must be a number between 0 and 1; got {level!r}.")
    if min(map(len, sets)) < 4:
        raise ValueError(f"sets must hold 4 pictures or more; got {[*map(len, sets)]}.")
    rng = np.random.default_rng(seed)
    found = [
        figure(*(each[rng.permutation(len(each))[: len(each) // 2]] for each in sets))
        for _ in range(num)
    ]
    spread = np.quantile(found, [(1 - level) / 2, (1 + level) / 2]) - np.mean(found)
    low, high = figure(*sets) + spread
    return float(low), float(high)
