# misconception: discriminator_loss
# slug: not_halved
# what: the two halves are added, not averaged
# told: looks like the sum of the two halves where their mean was meant: your loss is
#   {number} times too large

import keras
from keras import ops

bce = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, fake_logits):
    real_loss = bce(ops.ones_like(real_logits), real_logits)
    fake_loss = bce(ops.zeros_like(fake_logits), fake_logits)
    return real_loss + fake_loss
