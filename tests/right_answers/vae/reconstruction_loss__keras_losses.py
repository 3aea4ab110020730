# right answer: reconstruction_loss
# style: keras.losses.binary_crossentropy, channels multiplied back in

import keras
from keras import ops


def reconstruction_loss(images, reconstructions):
    per_pixel = keras.losses.binary_crossentropy(images, reconstructions)
    return ops.sum(per_pixel, axis=(1, 2)) * images.shape[-1]
