"""Bad input gets one sentence: the argument, what came, what was expected."""

import numbers

import numpy as np


def check_image_shape(image_shape, divisible_by=1):
    """Returns `image_shape` as a tuple of three ints, or says what is wrong.

    Args:
        image_shape: `(height, width, channels)`.
        divisible_by: what height and width must be divisible by.

    Returns:
        The tuple `(height, width, channels)`.

    Raises:
        ValueError: if it is no such shape.

    Example:

    >>> check_image_shape([32, 32, 3], divisible_by=8)
    (32, 32, 3)
    """
    shape = tuple(image_shape) if hasattr(image_shape, "__iter__") else (image_shape,)
    if len(shape) != 3 or not all(
        isinstance(n, numbers.Integral) and n > 0 for n in shape
    ):
        raise ValueError(
            "image_shape must be three positive integers (height, width, channels); "
            f"got {image_shape!r}."
        )
    if any(size % divisible_by for size in shape[:2]):
        raise ValueError(
            f"image_shape must have a height and a width divisible by {divisible_by} "
            f"(the total stride of the network); got {shape}."
        )
    return tuple(int(n) for n in shape)


def check_positive_integers(**arguments):
    """Raises a ValueError naming the first argument that is not positive integers.

    Args:
        **arguments: name and value; a value is one integer or a list of them.

    Example:

    >>> check_positive_integers(widths=(32, 64), block_depth=0)
    Traceback (most recent call last):
        ...
    ValueError: block_depth must be a positive integer; got 0.
    """
    for name, value in arguments.items():
        values = value if isinstance(value, list | tuple) else [value]
        if not values or not all(
            isinstance(n, numbers.Integral) and not isinstance(n, bool) and n > 0
            for n in values
        ):
            kind = "positive integers" if values is value else "a positive integer"
            raise ValueError(f"{name} must be {kind}; got {value!r}.")


def check_fraction(**arguments):
    """Raises a ValueError naming the first argument outside [0, 1]."""
    for name, value in arguments.items():
        if not isinstance(value, numbers.Real) or not 0 <= value <= 1:
            raise ValueError(f"{name} must be a number in [0, 1]; got {value!r}.")


def check_not_negative(**arguments):
    """Raises a ValueError naming the first argument that is no number of at least 0.

    Example:

    >>> check_not_negative(beta=float("nan"))
    Traceback (most recent call last):
        ...
    ValueError: beta must be a number of at least 0; got nan.
    """
    for name, value in arguments.items():
        if not _is_finite(value) or value < 0:
            raise ValueError(f"{name} must be a number of at least 0; got {value!r}.")


def check_positive(**arguments):
    """Raises a ValueError naming the first argument that is no number above 0."""
    for name, value in arguments.items():
        if not _is_finite(value) or value <= 0:
            raise ValueError(f"{name} must be a number above 0; got {value!r}.")


def check_seed(**arguments):
    """Raises a ValueError naming the first argument that no backend takes as a seed.

    Example:

    >>> check_seed(seed=-1)
    Traceback (most recent call last):
        ...
    ValueError: seed must be an integer from 0 to 4294967295; got -1.
    """
    for name, value in arguments.items():
        if not isinstance(value, numbers.Integral) or not 0 <= value < 2**32:
            raise ValueError(
                f"{name} must be an integer from 0 to {2**32 - 1}; got {value!r}."
            )


def _is_finite(value):
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and -float("inf") < value < float("inf")


def one_of(name, value, table):
    """Returns what a table holds for a name; a function is returned as it is.

    Args:
        name: what to call the argument.
        value: a key of the table, or a callable.
        table: dict.

    Raises:
        ValueError: if the table has no such key.

    Example:

    >>> one_of("sampler", "dim", {"ddim": print})
    Traceback (most recent call last):
        ...
    ValueError: sampler must be one of ddim; got 'dim'.
    """
    if callable(value):
        return value
    if value not in table:
        raise ValueError(f"{name} must be one of {', '.join(table)}; got {value!r}.")
    return table[value]


def check_images(images, image_shape, name="images"):
    """Raises a ValueError unless `images` is a batch of pictures of this shape.

    Only what is known without looking at the pixels is checked, so it works for
    arrays and for symbolic tensors.

    Args:
        images: array or tensor `(batch, height, width, channels)`.
        image_shape: `(height, width, channels)` that is expected.
        name: what to call the argument.
    """
    shape = tuple(getattr(images, "shape", ()))
    fits = len(shape) == 4 and all(
        came is None or came == expected
        for came, expected in zip(shape[1:], image_shape, strict=True)
    )
    if not fits:
        expected = "(batch, " + ", ".join(map(str, image_shape)) + ")"
        raise ValueError(f"{name} must have the shape {expected}; got {shape}.")


def check_unit_range(images, name="images"):
    """Raises a ValueError if an array of floats leaves [0, 1].

    Integers are taken to be in [0, 255], and tensors are not looked at.

    Args:
        images: array or tensor.
        name: what to call the argument.

    Example:

    >>> check_unit_range(np.array([0.0, 255.0]))
    Traceback (most recent call last):
        ...
    ValueError: images must be uint8 in [0, 255] or floats in [0, 1]; got floats in \
[0, 255].
    """
    is_float = isinstance(images, np.ndarray) and images.dtype.kind == "f"
    if is_float and images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"{name} must be uint8 in [0, 255] or floats in [0, 1]; got floats in "
            f"[{images.min():g}, {images.max():g}]."
        )
