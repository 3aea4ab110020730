"""How far one set of pictures is from another, without any network.

Synopsis:

>>> import numpy as np
>>> from keras_gen.metrics import energy_distance
>>> pictures = np.random.default_rng(0).integers(0, 256, (100, 8, 8, 3), dtype="uint8")
>>> energy_distance(pictures[:50], pictures[50:]) < 0.01
True
"""

import numpy as np

from keras_gen.metrics.pairs import mean_distance


def energy_distance(images_a, images_b):
    """Compares two sets of pictures by the distances within and between them.

    `2 E|a - b| - E|a - a'| - E|b - b'|`, with the Euclidean distance of pictures in
    [0, 1] divided by the root of their number of values.  It is 0 in expectation if
    and only if both sets come from one distribution; the estimate has no bias and
    can be a little negative.

    Args:
        images_a: uint8 `(n, height, width, channels)`, n at least 2.
        images_b: uint8 `(m, height, width, channels)`, m at least 2.

    Returns:
        A float.

    Reference:
        Székely & Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018, eq. 5.
    """
    a, b = (np.reshape(x, (len(x), -1)) / 255.0 for x in (images_a, images_b))
    if a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            "images_a and images_b must hold two or more pictures of one size; got "
            f"{np.shape(images_a)} and {np.shape(images_b)}."
        )
    distance = 2.0 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b)
    return float(distance / np.sqrt(a.shape[1]))
