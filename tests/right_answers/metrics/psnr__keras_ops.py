# right answer: psnr
# style: keras.ops on tensors, the logarithm's quotient taken apart

import math

from keras import ops


def psnr(images, reconstructions, max_value=255.0):
    images = ops.cast(images, "float32")
    reconstructions = ops.cast(reconstructions, "float32")
    mse = ops.mean(ops.square(images - reconstructions), axis=[1, 2, 3])
    return 20.0 * math.log10(max_value) - 10.0 * ops.log10(mse)
