# misconception: generator_loss
# slug: stop_gradient
# what: the logits are cut off from the generator by stop_gradient
# told: looks like a stop_gradient on the logits: the number is right, but the generator
#   gets no gradient and never learns

from keras import ops


def generator_loss(fake_logits):
    fake_logits = ops.stop_gradient(fake_logits)
    return ops.mean(ops.softplus(-fake_logits))
