# right answer: the whole set gan
# style: one expression a name

from keras import ops


def discriminator_loss(real_logits, fake_logits):
    return (
        ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits))
    ) / 2


def generator_loss(fake_logits):
    return ops.mean(ops.softplus(-fake_logits))


def wasserstein_losses(real_scores, fake_scores):
    return ops.mean(fake_scores) - ops.mean(real_scores), ops.mean(-fake_scores)


def condition_images(images, labels, num_classes):
    hot = ops.one_hot(labels, num_classes, dtype=images.dtype)[:, None, None]
    return ops.concatenate([images, images[..., :1] * 0 + hot], -1)


def interpolate_real_fake(real, fake, weights):
    return fake + weights * (real - fake)
