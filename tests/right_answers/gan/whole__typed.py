# right answer: the whole set gan
# style: annotated, with keyword arguments and docstrings; means by sum and size

import keras
from keras import ops

Tensor = keras.KerasTensor


def mean(x: Tensor) -> Tensor:
    """Arithmetic mean over all axes."""
    return ops.sum(x) / ops.cast(ops.size(x), x.dtype)


def minus_log_sigmoid(logits: Tensor) -> Tensor:
    """-log(sigmoid(x)) = log(1 + exp(-x)), without overflow."""
    return ops.logaddexp(ops.zeros_like(logits), -logits)


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half the cross-entropy on the reals plus half of that on the fakes."""
    loss_on_reals = mean(minus_log_sigmoid(real_logits))
    loss_on_fakes = mean(minus_log_sigmoid(-fake_logits))  # 1 - sigmoid(x)
    return (loss_on_reals + loss_on_fakes) * 0.5


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Non-saturating loss."""
    return mean(minus_log_sigmoid(fake_logits))


def wasserstein_losses(real_scores: Tensor, fake_scores: Tensor) -> tuple:
    """(critic loss, generator loss)."""
    return -(mean(real_scores) - mean(fake_scores)), -mean(fake_scores)


def condition_images(images: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """Appends one-hot planes."""
    identity = ops.eye(num_classes, dtype=images.dtype)
    rows = ops.take(identity, ops.cast(labels, "int32"), axis=0)
    ones = ops.ones_like(images[:, :, :, 0])
    planes = ops.einsum("bhw,bc->bhwc", ones, rows)
    return ops.concatenate([images, planes], axis=-1)


def interpolate_real_fake(real: Tensor, fake: Tensor, weights: Tensor) -> Tensor:
    """A point on the line between each real and its fake image."""
    return real * (1.0 - weights) + fake * weights
