# misconception: discriminator_loss
# slug: smoothed_labels
# what: real labels smoothed to 0.9
# told: looks like smoothed labels, 0.9 instead of 1 for real images: a trick, but not
#   the loss that was asked for

import keras
from keras import ops

bce = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, fake_logits):
    real_loss = bce(0.9 * ops.ones_like(real_logits), real_logits)
    fake_loss = bce(ops.zeros_like(fake_logits), fake_logits)
    return 0.5 * (real_loss + fake_loss)
