"""What keeps a discriminator from becoming too steep: penalties on its slope, clipping.

A generator learns from the slope of the discriminator in the picture.  Where that is
unbounded, so are the generator's steps.
"""

import keras
from keras import ops

from keras_gen import backend
from keras_gen.gans.duel import call_with


def slopes(network, images, condition=()):
    """The gradient of each picture's logit in that picture.

    It can be derived in the network's weights.  The network is called as when it is
    used, not as in training: there, batch normalisation makes a logit depend on all the
    pictures of the batch (and its second derivative is wrong on TensorFlow, whose
    moments take the mean for a constant).

    Args:
        network: discriminator, `images` or `[images, *condition]` -> logits.
        images: tensor `(batch, ...)` of floats.
        condition: list of what else the network takes.

    Returns:
        A tensor shaped as `images`.
    """
    weights = [variable.value for variable in network.trainable_variables]

    def total(images):
        inputs = [images, *condition] if condition else images
        return ops.sum(call_with(weights, network, inputs))

    return backend.gradient(total, images)


def squared_lengths(gradients):
    """`|g|^2` of each example: `(batch, ...)` -> `(batch,)`."""
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def r1_penalty(gradients):
    """Half the squared slope, meant at true pictures.

    Args:
        gradients: `(batch, ...)`.

    Returns:
        `(batch,)`, at least 0.

    Reference:
        Mescheder et al. 2018, https://arxiv.org/abs/1801.04406, eq. 9, without its
        weight gamma.
    """
    return 0.5 * squared_lengths(gradients)


def gradient_penalty(gradients):
    """How far the slope is from 1, squared.

    Args:
        gradients: `(batch, ...)`, at points between true and generated pictures.

    Returns:
        `(batch,)`, at least 0.

    Reference:
        Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028, eq. 3, without its
        weight lambda.
    """
    # The root has no derivative at 0.
    return ops.square(ops.sqrt(squared_lengths(gradients) + 1e-12) - 1.0)


def mixed(real, fake, seed):
    """A point between each true picture and a generated one, uniformly drawn.

    Args:
        real: `(batch, ...)`.
        fake: likewise.
        seed: of the shares, an integer or a `keras.random.SeedGenerator`.

    Returns:
        Shaped as `real`.

    Reference:
        Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028, algorithm 1, line 6.
    """
    shape = (ops.shape(real)[0], *[1] * (len(real.shape) - 1))
    share = keras.random.uniform(shape, seed=seed)
    return share * real + (1.0 - share) * fake


@keras.saving.register_keras_serializable(package="keras_gen")
class Clip(keras.constraints.Constraint):
    """Cuts weights off at a bound, after each step of the optimizer.

    Args:
        bound: above 0; weights lie in `[-bound, bound]` afterwards.

    Call arguments:
        w: a tensor of weights.

    Returns:
        A tensor of the same shape.

    Reference:
        Arjovsky et al. 2017, https://arxiv.org/abs/1701.07875, algorithm 1, line 7.
    """

    def __init__(self, bound):
        self.bound = bound

    def __call__(self, w):
        """Clips."""
        return ops.clip(w, -self.bound, self.bound)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"bound": self.bound}
