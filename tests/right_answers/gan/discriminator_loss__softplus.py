# right answer: discriminator_loss
# style: the cross-entropy written with softplus

from keras import ops


def discriminator_loss(real_logits, fake_logits):
    real = ops.mean(ops.softplus(-real_logits))
    fake = ops.mean(ops.softplus(fake_logits))
    return 0.5 * (real + fake)
