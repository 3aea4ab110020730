"""What a shipped reader makes of a picture: its features, and its probabilities.

Synopsis:

>>> from keras_gen import presets
>>> from keras_gen.data import digits
>>> reader, (_, test) = presets.load("digit_reader"), digits()
>>> reader_features(reader, test.images[:5]).shape
(5, 64)
>>> class_probabilities(reader, test.images[:5]).shape
(5, 10)
"""

import functools

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_images
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.metrics.digit_reader import HEAD

CLASS = "petal_colour"  # that flowers are sorted by


def reads_attributes(model):
    """Tells whether a network answers with logits for every attribute of a flower."""
    output = getattr(model, "output", None)
    return isinstance(output, dict) and output.keys() == ATTRIBUTES.keys()


def reads_digits(model):
    """Tells whether a network answers with logits of a digit."""
    return HEAD in getattr(model, "output_names", ())


def reader_features(reader, images, batch_size=256):
    """Gives what a trained reader knows of each picture.

    That is what enters its last layers, one for each answer: the vector from which
    every attribute, or the digit, is read.

    Args:
        reader: a trained network as `build_attribute_reader` or `build_digit_reader`
            makes it.
        images: uint8 `(n, height, width, channels)`, of the reader's size.
        batch_size: pictures a step.

    Returns:
        float32 array `(n, dim)`.

    Raises:
        ValueError: if the network has no such last layers, or the pictures have
            another size.
    """
    _check_reader(reader, images)
    found = _below_its_heads(reader).predict(images, batch_size=batch_size, verbose=0)
    found = found if isinstance(found, list) else [found]
    return np.concatenate([x.reshape(len(x), -1) for x in found], axis=1)


@functools.lru_cache(2)  # so that it is compiled once
def _below_its_heads(reader):
    answers = ATTRIBUTES if reads_attributes(reader) else [HEAD]
    heads = [reader.get_layer(name) for name in answers]
    entering = {id(head.input): head.input for head in heads}  # mostly one and the same
    return keras.Model(reader.input, list(entering.values()))


def class_probabilities(reader, images, batch_size=256):
    """Gives how likely a reader takes each class to be: digits, or petals' colours.

    Args:
        reader: as for `reader_features`.
        images: likewise.
        batch_size: pictures a step.

    Returns:
        float32 array `(n, classes)`; each row sums to 1.

    Raises:
        ValueError: as for `reader_features`.
    """
    _check_reader(reader, images)
    logits = reader.predict(images, batch_size=batch_size, verbose=0)
    logits = logits[CLASS] if reads_attributes(reader) else logits
    return ops.convert_to_numpy(ops.softmax(logits))


def _check_reader(reader, images):
    if not reads_attributes(reader) and not reads_digits(reader):
        names = [layer.name for layer in reader.layers]
        raise ValueError(
            "reader must have one last layer for each attribute "
            f"({', '.join(ATTRIBUTES)}), or one named {HEAD}; got {reader.name} with "
            f"the layers {', '.join(names)}."
        )
    check_images(images, reader.input_shape[1:])
