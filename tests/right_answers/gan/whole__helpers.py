# right answer: the whole set gan
# style: many small helpers, and names that refer to each other

from keras import ops

REAL = 1.0
FAKE = 0.0


def mean_cross_entropy(logits, label):
    labels = ops.full_like(logits, label)
    return ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))


def discriminator_loss(real_logits, fake_logits):
    on_real = mean_cross_entropy(real_logits, REAL)
    on_fake = mean_cross_entropy(fake_logits, FAKE)
    return ops.mean(ops.stack([on_real, on_fake]))


def generator_loss(fake_logits):
    return mean_cross_entropy(fake_logits, REAL)


def critic_loss(real_scores, fake_scores):
    return ops.mean(fake_scores) - ops.mean(real_scores)


def wasserstein_losses(real_scores, fake_scores):
    return critic_loss(real_scores, fake_scores), -ops.mean(fake_scores)


def label_planes(labels, num_classes, height, width):
    planes = ops.reshape(ops.one_hot(labels, num_classes), (-1, 1, 1, num_classes))
    return ops.tile(planes, (1, height, width, 1))


def condition_images(images, labels, num_classes):
    height, width = images.shape[1:3]
    planes = label_planes(labels, num_classes, height, width)
    return ops.concatenate((images, ops.cast(planes, images.dtype)), axis=-1)


def lerp(start, end, amount):
    return (1.0 - amount) * start + amount * end


def interpolate_real_fake(real, fake, weights):
    return lerp(real, fake, weights)
