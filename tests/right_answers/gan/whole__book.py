# right answer: the whole set gan
# style: the manner of the Keras book and its guides

import keras
from keras import ops

loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, fake_logits):
    """The discriminator should say 1 for real images and 0 for fake ones."""
    real_loss = loss_fn(ops.ones_like(real_logits), real_logits)
    fake_loss = loss_fn(ops.zeros_like(fake_logits), fake_logits)
    return 0.5 * (real_loss + fake_loss)


def generator_loss(fake_logits):
    """The generator wants its images to be taken for real ones."""
    misleading_labels = ops.ones_like(fake_logits)
    return loss_fn(misleading_labels, fake_logits)


def wasserstein_losses(real_scores, fake_scores):
    critic_loss = ops.mean(fake_scores) - ops.mean(real_scores)
    generator_loss = -ops.mean(fake_scores)
    return critic_loss, generator_loss


def condition_images(images, labels, num_classes):
    one_hot_labels = ops.one_hot(labels, num_classes)
    image_one_hot_labels = one_hot_labels[:, None, None]
    image_one_hot_labels = ops.repeat(
        image_one_hot_labels, repeats=images.shape[1], axis=1
    )
    image_one_hot_labels = ops.repeat(
        image_one_hot_labels, repeats=images.shape[2], axis=2
    )
    return ops.concatenate([images, image_one_hot_labels], axis=-1)


def interpolate_real_fake(real, fake, weights):
    diff = fake - real
    return real + weights * diff
