# misconception: generator_loss
# slug: against_zero
# what: the fakes are compared with the label 0
# told: looks like the fakes against the label 0: this teaches the generator to be found
#   out

import keras
from keras import ops

bce = keras.losses.BinaryCrossentropy(from_logits=True)


def generator_loss(fake_logits):
    return bce(ops.zeros_like(fake_logits), fake_logits)
