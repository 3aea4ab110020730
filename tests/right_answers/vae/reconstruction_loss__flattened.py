# right answer: reconstruction_loss
# style: flattened first, keras.ops.binary_crossentropy

import math

from keras import ops


def reconstruction_loss(images, reconstructions):
    num_pixels = math.prod(images.shape[1:])
    targets = ops.reshape(images, (-1, num_pixels))
    outputs = ops.reshape(reconstructions, (-1, num_pixels))
    return ops.sum(ops.binary_crossentropy(targets, outputs), axis=-1)
