"""Does the picture show what the prompt said?

The drawn flowers' attributes are known exactly, so a small network can learn to read
them off a picture.  What it reads off a *generated* picture is compared with what the
prompt asked for.

Synopsis:

>>> from keras_gen import presets
>>> from keras_gen.data import flowers
>>> pictures = flowers(64, seed=1)
>>> accuracy = attribute_accuracy(
...     presets.load("flower_reader"), pictures.images, pictures.attributes
... )
>>> accuracy["petal_colour"] > 0.9
True
"""

import math

import keras
import numpy as np
from keras import layers

from keras_gen.checks import check_image_shape
from keras_gen.data.flowers import ATTRIBUTES

# What makes a picture right: a prompt may leave the rest to chance.
ALL_FOUR = ("petal_colour", "petal_number", "centre_colour", "background")


def build_attribute_reader(image_shape=(32, 32, 3), widths=(32, 64, 96), steps=None):
    """Builds a network that reads the attributes of a drawn flower.

    Args:
        image_shape: `(height, width, channels)`.
        widths: channels of each stage; each halves the picture.
        steps: length of the training, over which the learning rate falls to 0; None
            keeps it.

    Returns:
        A compiled `keras.Model` from pictures in [0, 255] to a dict: attribute name ->
        logits `(batch, values)`.
    """
    image_shape = check_image_shape(image_shape, divisible_by=2 ** len(widths))
    images = keras.Input(image_shape, name="images")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(images)
    # Generated pictures are not as clean as drawn ones.
    x = layers.GaussianNoise(0.05)(x)
    for width in widths:
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D(2)(x)
    # Not averaged over the picture: the position is an attribute.
    x = layers.Flatten()(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(128, activation="relu")(x)
    logits = {
        name: layers.Dense(len(values), name=name, dtype="float32")(x)
        for name, values in ATTRIBUTES.items()
    }
    reader = keras.Model(images, logits, name="attribute_reader")
    rate = 1e-3
    if steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    reader.compile(
        keras.optimizers.Adam(rate),
        loss={
            name: keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            for name in ATTRIBUTES
        },
    )
    return reader


def read_attributes(reader, images):
    """Reads the attributes off pictures.

    Args:
        reader: a trained network as `build_attribute_reader` makes it.
        images: uint8 `(batch, height, width, 3)`, of the reader's size.

    Returns:
        Dict: attribute name -> int array `(batch,)`, indices into
        `keras_gen.data.flowers.ATTRIBUTES[name]`.
    """
    logits = reader.predict(images, batch_size=256, verbose=0)
    return {name: np.argmax(values, axis=-1) for name, values in logits.items()}


def attribute_accuracy(reader, images, attributes):
    """Compares what pictures show with what they should show.

    Args:
        reader: as for `read_attributes`.
        images: uint8 `(batch, height, width, 3)`.
        attributes: dict: attribute name -> what should be seen, int `(batch,)`.

    Returns:
        Dict: attribute name -> share of the pictures that show it; `"mean"`, the mean
        over the attributes; and `"all_four"`, the share that shows the petals' colour
        and number, the centre's colour and the background, where these are asked for.
    """
    seen = read_attributes(reader, images)
    right = {name: seen[name] == np.asarray(attributes[name]) for name in attributes}
    accuracy = {name: float(np.mean(shown)) for name, shown in right.items()}
    accuracy["mean"] = float(np.mean(list(accuracy.values())))
    if right.keys() >= set(ALL_FOUR):
        together = np.all([right[name] for name in ALL_FOUR], axis=0)
        accuracy["all_four"] = float(np.mean(together))
    return accuracy


def chance_accuracy():
    """The accuracy of a picture that has nothing to do with its prompt.

    Returns:
        Dict as `attribute_accuracy` returns it: one over the number of values, which
        are drawn equally often.
    """
    accuracy = {name: 1 / len(values) for name, values in ATTRIBUTES.items()}
    together = math.prod(accuracy[name] for name in ALL_FOUR)
    mean = float(np.mean(list(accuracy.values())))
    return {**accuracy, "mean": mean, "all_four": together}
