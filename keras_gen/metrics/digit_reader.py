"""Which digit does a picture show?  A small classifier of handwritten digits.

It says whether a generated digit is the one that was asked for, and what it knows of a
picture serves the distances between sets of digits.

Synopsis:

>>> from keras_gen import presets
>>> from keras_gen.data import digits
>>> _, test = digits()
>>> seen = read_digits(presets.load("digit_reader"), test.images)
>>> bool(np.mean(seen == test.labels) > 0.95)
True
"""

import keras
import numpy as np
from keras import layers

from keras_gen.checks import check_image_shape, check_images, check_positive_integers
from keras_gen.data.digits import DIGIT_NAMES

HEAD = "digit"  # the last layer's name


def build_digit_reader(image_shape=(28, 28, 1), widths=(16, 32, 64), steps=None):
    """Builds a network that reads a handwritten digit.

    In training it sees each picture shifted, turned, larger or smaller, and with noise:
    generated digits are not as clean as scanned ones.

    Args:
        image_shape: `(height, width, channels)`.
        widths: channels of each stage; each halves the picture.
        steps: length of the training, over which the learning rate falls to 0; None
            keeps it.

    Returns:
        A compiled `keras.Model` from pictures in [0, 255] to logits `(batch, 10)`.

    Raises:
        ValueError: if image_shape or widths are no such sizes.
    """
    image_shape = check_image_shape(image_shape)
    check_positive_integers(widths=widths)
    images = keras.Input(image_shape, name="images")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(images)
    black = {"fill_mode": "constant", "fill_value": -1.0}
    x = layers.RandomTranslation(0.08, 0.08, **black)(x)
    x = layers.RandomRotation(0.04, **black)(x)
    x = layers.RandomZoom(0.1, 0.1, **black)(x)
    x = layers.GaussianNoise(0.1)(x)
    for width in widths:
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(64, activation="relu")(x)
    logits = layers.Dense(len(DIGIT_NAMES), name=HEAD, dtype="float32")(x)
    reader = keras.Model(images, logits, name="digit_reader")
    rate = 1e-3
    if steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    reader.compile(
        keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return reader


def read_digits(reader, images):
    """Reads the digit off each picture.

    Args:
        reader: a trained network as `build_digit_reader` makes it.
        images: uint8 `(batch, height, width, 1)`, of the reader's size.

    Returns:
        int array `(batch,)`, 0 to 9.

    Raises:
        ValueError: if the pictures are of another size.
    """
    check_images(images, reader.input_shape[1:])
    return np.argmax(reader.predict(images, batch_size=256, verbose=0), axis=-1)
