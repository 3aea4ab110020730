"""Pixels inside a model and outside: whole numbers 0 to 255, or floats around 0."""

import keras
import numpy as np
from keras import ops


def to_signed_range(images):
    """Brings pictures to floats in [-1, 1]: 0 becomes -1, and 255 becomes 1.

    Floats are taken to be what the model computes with already.

    Args:
        images: array or tensor of any shape.

    Returns:
        float32 tensor of the same shape.

    Example:

    >>> [float(x) for x in to_signed_range(np.array([0, 255], "uint8"))]
    [-1.0, 1.0]
    """
    if "int" in keras.backend.standardize_dtype(images.dtype):
        return ops.cast(images, "float32") / 127.5 - 1.0
    return ops.cast(images, "float32")


def scale_output(x):
    """Maps [-1, 1] to pictures: 0 to 255, what lies outside clipped.

    Args:
        x: array or tensor of any shape.

    Returns:
        uint8 array of the same shape.

    Example:

    >>> scale_output(np.array([-1.5, -1.0, 0.2, 1.0])).tolist()
    [0, 0, 153, 255]
    """
    images = 127.5 * (np.asarray(ops.convert_to_numpy(x), dtype="float32") + 1.0)
    return np.rint(np.clip(images, 0.0, 255.0)).astype("uint8")
