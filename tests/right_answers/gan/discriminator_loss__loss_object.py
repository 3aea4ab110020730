# right answer: discriminator_loss
# style: a Keras loss object made once

import keras
from keras import ops

bce = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, fake_logits):
    real_loss = bce(ops.ones_like(real_logits), real_logits)
    fake_loss = bce(ops.zeros_like(fake_logits), fake_logits)
    return (real_loss + fake_loss) / 2
