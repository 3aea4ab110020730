# misconception: reconstruction_loss
# slug: mean_over_pixels
# what: the mean over pixels and channels
# told: looks like a mean over the pixels where a sum was meant: your loss is {number}
#   times too small, and the KL term drowns it

import keras
from keras import ops


def reconstruction_loss(images, reconstructions):
    losses = keras.losses.binary_crossentropy(images, reconstructions)
    return ops.mean(losses, axis=(1, 2))
