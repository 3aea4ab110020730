# misconception: generator_loss
# slug: summed
# what: summed over the batch
# told: looks like a sum over the batch where a mean was meant: your loss is {number}
#   times too large

from keras import ops


def generator_loss(fake_logits):
    return ops.sum(ops.softplus(-fake_logits))
