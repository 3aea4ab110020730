# misconception: discriminator_loss
# slug: log_of_sigmoid
# what: log(sigmoid(x)) and log(1 - sigmoid(x)) in two steps, infinite or NaN for large
#   logits
# told: looks like log(sigmoid(x)) in two steps: the sigmoid rounds to 0 or 1 for large
#   logits, and your loss is then {number}

from keras import ops


def discriminator_loss(real_logits, fake_logits):
    real = -ops.mean(ops.log(ops.sigmoid(real_logits)))
    fake = -ops.mean(ops.log(1.0 - ops.sigmoid(fake_logits)))
    return 0.5 * (real + fake)
