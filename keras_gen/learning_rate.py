"""A warm-up, then half a cosine: the learning rate of every recipe."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class WarmCosine(keras.optimizers.schedules.CosineDecay):
    """Keras's `CosineDecay` with a warm-up, chosen between by `where`, not by a branch.

    An optimizer with weight decay asks for the rate once a weight. Keras's `cond` for
    each makes the first step of a U-Net wait several seconds longer, and every step
    carries all those branches.

    Args:
        initial_learning_rate: at the first step.
        warmup_target: at the end of the warm-up.
        warmup_steps: how many it takes, perhaps none.
        decay_steps: from then to 0.

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
        rise = self.warmup_target - self.initial_learning_rate
        warming = self.initial_learning_rate + rise / max(self.warmup_steps, 1) * step
        fallen = ops.minimum(step - self.warmup_steps, self.decay_steps)
        cosine = ops.cos(math.pi / self.decay_steps * fallen)
        falling = 0.5 * self.warmup_target * (1.0 + cosine)
        return ops.where(step < self.warmup_steps, warming, falling)
