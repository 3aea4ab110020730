# misconception: reconstruction_loss
# slug: mean_over_channels
# what: Keras's mean over the channels is kept
# told: looks like keras.losses.binary_crossentropy summed over height and width: it has
#   taken the mean over the channels, so your loss is {number} times too small

import keras
from keras import ops


def reconstruction_loss(images, reconstructions):
    losses = keras.losses.binary_crossentropy(images, reconstructions)
    return ops.sum(losses, axis=(1, 2))
