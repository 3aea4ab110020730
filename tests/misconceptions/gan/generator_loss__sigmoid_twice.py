# misconception: generator_loss
# slug: sigmoid_twice
# what: a sigmoid before a loss that takes logits
# told: looks like a sigmoid before a loss that takes logits, so that it is applied
#   twice: a fooled discriminator still costs {number}

import keras
from keras import ops


def generator_loss(fake_logits):
    probabilities = keras.activations.sigmoid(fake_logits)
    return ops.mean(ops.softplus(-probabilities))
