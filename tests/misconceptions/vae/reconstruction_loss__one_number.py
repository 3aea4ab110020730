# misconception: reconstruction_loss
# slug: one_number
# what: one number for the whole batch
# told: looks like one number for the whole batch: a loss an image was meant

import keras
from keras import ops


def reconstruction_loss(images, reconstructions):
    losses = keras.losses.binary_crossentropy(images, reconstructions)
    return ops.mean(ops.sum(losses, axis=(1, 2)) * images.shape[-1])
