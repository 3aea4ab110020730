"""How steps are made: their learning rate, their direction, and a quick first one."""

import math

import keras
from keras import ops

from keras_gen.backend import copies


@keras.saving.register_keras_serializable(package="keras_gen")
class WarmCosine(keras.optimizers.schedules.CosineDecay):
    """Keras's `CosineDecay` with a warm-up, chosen between by `where`, not by a branch.

    An optimizer with weight decay asks for the rate once a weight. Keras's `cond` for
    each makes the first step of a U-Net wait several seconds longer, and every step
    carries all those branches.

    Args:
        initial_learning_rate: at the first step.
        warmup_target: at the end of the warm-up; None for the initial one.
        warmup_steps: how many it takes, perhaps none.
        decay_steps: from then to the end.
        alpha: share of the highest rate that is left at the end.

    Call arguments:
        step: integer tensor, of the optimizer.

    Returns:
        float32 scalar.

    Example:

    >>> rate = WarmCosine(0.1, 100, warmup_target=1.0, warmup_steps=9)
    >>> [round(float(rate(step)), 2) for step in (0, 1, 9, 59, 109, 200)]
    [0.1, 0.2, 1.0, 0.5, 0.0, 0.0]

    Reference:
        Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983, eq. 5.
    """

    def __call__(self, step):
        step = ops.cast(step, "float32")
        first = highest = self.initial_learning_rate
        if self.warmup_target is not None:
            highest = self.warmup_target
        warming = first + (highest - first) / max(self.warmup_steps, 1) * step
        fallen = ops.minimum(step - self.warmup_steps, self.decay_steps)
        cosine = ops.cos(math.pi / self.decay_steps * fallen)
        left = (1.0 - self.alpha) * 0.5 * (1.0 + cosine) + self.alpha
        falling = highest * left
        return ops.where(step < self.warmup_steps, warming, falling)


@keras.saving.register_keras_serializable(package="keras_gen")
class Muon(keras.optimizers.Muon):
    """Keras's `Muon`, to which the kernel of a convolution is a matrix too.

    The gradient of a matrix is mostly a few directions, that much of the data agrees
    on. Muon gives all its directions the same length (five steps of Newton and Schulz
    towards `U @ V.T`, if `U @ S @ V.T` is its singular value decomposition), so what
    only some of the data asks for is learned as soon. Keras's does so with
    `Dense` kernels, of which a U-Net has few, and with AdamW all else; this one with
    the kernels of convolutions alone, as matrices of
    `(rows * columns * channels, filters)`.

    Args:
        learning_rate: of the kernels; a step changes a kernel's numbers by about
            `0.2 * learning_rate`, root of the mean square.
        adam_lr_ratio: learning rate of everything else, as a share of it.
        **kwargs: as for `keras.optimizers.Muon`.

    Example:

    >>> network = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(8, 3)])
    >>> network.compile(Muon(6e-3), loss="mean_squared_error")

    Reference:
        Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/;
        Liu et al. 2025, https://arxiv.org/abs/2502.16982, eq. 4 (the length).
    """

    def __init__(self, learning_rate=6e-3, adam_lr_ratio=1 / 3, **kwargs):
        super().__init__(learning_rate, adam_lr_ratio=adam_lr_ratio, **kwargs)

    def _should_use_adamw(self, variable):
        # A 1 x 1 kernel is a matrix, but a small one: it is not worth its steps.
        return len(variable.shape) != 4 or math.prod(variable.shape[:2]) == 1

    def update_step(self, gradient, variable, learning_rate):
        """Moves one variable."""
        if self._should_use_adamw(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        average = self.momentums[self._get_variable_index(variable)]
        self.assign(average, self.momentum * average + gradient)
        direction = gradient + self.momentum * average if self.nesterov else average
        matrix = ops.reshape(direction, (-1, variable.shape[-1]))
        step = self.lr_adjust(self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, rate * ops.reshape(step, variable.shape))


def build_optimizer(model):
    """Makes the variables of a new optimizer before `fit` traces its first step.

    Left to Keras, TensorFlow makes them within that step, and traces it twice. (Not
    where several devices share the step: there Keras does this by itself.)

    Args:
        model: of which all weights are there; one that is not compiled is left alone.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam")
    >>> build_optimizer(model)
    >>> model.optimizer.built
    True
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not optimizer.built and copies(model) == 1:
        optimizer.build(model.trainable_variables)
