# misconception: discriminator_loss
# slug: sigmoid_twice
# what: a sigmoid is applied to the logits and the loss applies another one
# told: looks like a sigmoid before a loss that takes logits, so that it is applied
#   twice: even a perfect discriminator pays at least {number}

from keras import ops


def cross_entropy_from_logits(labels, logits):
    return ops.mean(ops.softplus(logits) - labels * logits)


def discriminator_loss(real_logits, fake_logits):
    real, fake = ops.sigmoid(real_logits), ops.sigmoid(fake_logits)
    real_loss = cross_entropy_from_logits(1.0, real)
    fake_loss = cross_entropy_from_logits(0.0, fake)
    return 0.5 * (real_loss + fake_loss)
