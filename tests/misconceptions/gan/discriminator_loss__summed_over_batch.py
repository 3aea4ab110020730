# misconception: discriminator_loss
# slug: summed_over_batch
# what: each half is summed over the batch where its mean is meant
# told: looks like a sum over the batch where a mean was meant: your loss is {number}
#   times too large, and grows with the batch

from keras import ops


def discriminator_loss(real_logits, fake_logits):
    real = ops.sum(ops.softplus(-real_logits))
    fake = ops.sum(ops.softplus(fake_logits))
    return 0.5 * (real + fake)
