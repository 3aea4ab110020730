"""Trusted networks that stand in for a text-conditioned U-Net, known in closed form.

They run beside the submission, in the box too.  Each is a functional model of
`[noisy_images, noise_rates, text_embeddings]` that answers noise masks, and keeps no
state, so it works in any loop.  A text with as many numbers as an image has columns
becomes an image: its plane, each number a column.
"""

import keras
from keras import ops


def Revealing(image_shape):
    """Predicts what it was given: rate, text's plane, and the other channels as seen.

    Args:
        image_shape: `(height, width, channels)`, three channels or more.
    """
    images, rates, texts = _inputs(image_shape)
    nothing = 0.0 * images[..., :1]
    told = [rates + nothing, _plane(texts, image_shape) + nothing, images[..., 2:]]
    return keras.Model([images, rates, texts], ops.concatenate(told, axis=-1))


def Pulling(image_shape, slope=0.0, gain=1.0):
    """Predicts `slope * noisy_images + gain * plane`.

    Args:
        image_shape: `(height, width, channels)`.
        slope: number.
        gain: number.
    """
    images, rates, texts = _inputs(image_shape)
    noise = slope * images + gain * _plane(texts, image_shape) + 0.0 * rates
    return keras.Model([images, rates, texts], noise)


def Learning(image_shape, start=1.0):
    """Predicts the text's plane, times its one weight.

    Args:
        image_shape: `(height, width, channels)`.
        start: the weight.
    """
    images, rates, texts = _inputs(image_shape)
    weight = keras.layers.Dense(
        1, use_bias=False, kernel_initializer=keras.initializers.Constant(start)
    )
    plane = _plane(texts, image_shape) + 0.0 * (images[..., :1] + rates)
    noise = weight(plane) + 0.0 * images
    return keras.Model([images, rates, texts], noise)


def _inputs(image_shape):
    width = image_shape[1]
    return [keras.Input(shape) for shape in (image_shape, (1, 1, 1), (width,))]


def _plane(texts, image_shape):
    return ops.reshape(texts, (-1, 1, image_shape[1], 1))
