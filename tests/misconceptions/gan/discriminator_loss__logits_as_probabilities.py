# misconception: discriminator_loss
# slug: logits_as_probabilities
# what: the logits are given to a cross-entropy that takes probabilities
# told: looks like logits given to a loss that takes probabilities: from_logits is
#   missing, and every logit outside [0, 1] is cut off there

import keras
from keras import ops

bce = keras.losses.BinaryCrossentropy()


def discriminator_loss(real_logits, fake_logits):
    real_loss = bce(ops.ones_like(real_logits), real_logits)
    fake_loss = bce(ops.zeros_like(fake_logits), fake_logits)
    return 0.5 * (real_loss + fake_loss)
