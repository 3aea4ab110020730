"""What the optimizers of all models share: a learning rate, and a quick first step."""

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
