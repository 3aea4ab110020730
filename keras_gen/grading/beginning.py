"""Weights begin as Keras would draw them, but NumPy draws them.

JAX compiles a generator for the shape of each kernel, which takes a sixth of a second
and more, so networks that are built to be asked one question begin sooner this way.
The file lies in the box too.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

WITHIN_TWO = 0.87962566103423978  # standard deviation of what is cut off there


def draw_by_numpy() -> Callable[[], None]:
    """Makes initializers that scale with the fans use NumPy; returns the way back.

    Those are Glorot's, He's and LeCun's; a layer that is not told has one of them.

    Example:

    >>> from keras import layers
    >>> undo = draw_by_numpy()
    >>> layers.Dense(3).build((None, 2))
    >>> undo()
    """
    from keras import initializers

    of_keras = initializers.VarianceScaling.__call__
    initializers.VarianceScaling.__call__ = functools.partialmethod(_draw, of_keras)
    return functools.partial(
        setattr, initializers.VarianceScaling, "__call__", of_keras
    )


def _draw(self, of_keras, shape, dtype=None, **more):
    axes = getattr(self, "input_axes", None) or getattr(self, "output_axes", None)
    if not isinstance(self.seed, int) or axes or more:
        return of_keras(self, shape, dtype, **more)
    from keras import ops

    values = drawn(self.seed, self.distribution, scale_of(self, shape), shape)
    return ops.convert_to_tensor(values.astype("float32"), dtype or "float32")


def scale_of(initializer, shape) -> float:
    """The variance of a kernel's numbers.

    Args:
        initializer: has `scale` and `mode`, as Keras describes them.
        shape: of the kernel: the last two axes are channels in and out.

    Example:

    >>> import keras
    >>> scale_of(keras.initializers.HeNormal(), (3, 3, 2, 8))
    0.1111111111111111
    """
    shape = [1, *shape] if len(shape) == 1 else list(shape)
    if len(shape) < 2:
        shape = [1, 1]
    field = math.prod(shape[:-2])
    fan_in, fan_out = field * shape[-2], field * shape[-1]
    fans = {"fan_in": fan_in, "fan_out": fan_out}
    return initializer.scale / max(
        1.0, fans.get(initializer.mode, (fan_in + fan_out) / 2)
    )


def drawn(seed: int, distribution: str, variance: float, shape) -> np.ndarray:
    """Random numbers of mean 0 and this variance.

    Args:
        seed: the same seed gives the same numbers.
        distribution: `"uniform"`, `"untruncated_normal"` or `"truncated_normal"`, cut
            off at two standard deviations.
        variance: of the numbers.
        shape: of the array.
    """
    rng = np.random.default_rng(abs(seed))
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return rng.uniform(-limit, limit, shape)
    values = rng.standard_normal(shape)
    if distribution == "truncated_normal":
        while (far := np.abs(values) > 2).any():
            values[far] = rng.standard_normal(int(far.sum()))
        values = values / WITHIN_TWO
    return math.sqrt(variance) * values
