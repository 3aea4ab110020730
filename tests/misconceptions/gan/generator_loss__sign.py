# misconception: generator_loss
# slug: sign
# what: the sign of the cross-entropy is wrong
# told: looks like the right loss with the wrong sign: minimising it makes the fakes
#   worse

from keras import ops


def generator_loss(fake_logits):
    return ops.mean(ops.log_sigmoid(fake_logits))
