"""What `fit` and `evaluate` are given: one sentence where it is not what they take."""

import keras
import numpy as np

from keras_gen.data import Folder, Pictures


def pictures_of(x, name="x"):
    """Gives the images of `Pictures`; arrays and feeds are returned as they are.

    Args:
        x: what a user gave to `fit`.
        name: what to call it.

    Raises:
        ValueError: for a list of pictures, or a folder.
    """
    if isinstance(x, Pictures):
        return x.images
    refuse_lists_and_folders(x, name)
    return x


def refuse_lists_and_folders(x, name="x"):
    """Raises a ValueError that says what to give instead."""
    if isinstance(x, list | tuple):
        raise ValueError(
            f"{name} must be an array or a feed such as Batches, not a "
            f"{type(x).__name__}: np.stack makes one array of pictures."
        )
    if isinstance(x, Folder):
        raise ValueError(
            f"{name} is a Folder, which does not fit into memory: give Batches({name})."
        )


def checked(check, x, options):
    """Gives what `fit` takes as `check` gives it back, and validation data likewise.

    Of a feed the first batch is looked at: an error in the middle of a compiled step
    costs the weights on JAX.

    Args:
        check: a function of pictures, or of whatever else the model takes.
        x: what a user gave to `fit`.
        options: further arguments of `fit`; `validation_data` is replaced in them.

    Returns:
        `x`, as `check` gives it back; a feed as it is.
    """
    held_out = options.get("validation_data")
    if isinstance(held_out, tuple | list):  # with a y, and perhaps weights
        first = _checked(check, held_out[0])
        y, weights = (*held_out[1:], None, None)[:2]
        y = targets(first, y, {"sample_weight": weights})
        options["validation_data"] = (first, y, weights)
    elif held_out is not None:
        options["validation_data"] = _checked(check, held_out)
    return _checked(check, x)


def _checked(check, x):
    if not isinstance(x, keras.utils.PyDataset):
        return check(x)
    batch = x[0]
    check(batch[0] if isinstance(batch, tuple) else batch)
    return x


def entries(inputs, *names):
    """Gives entries of a dict, in this order.

    Args:
        inputs: dict.
        *names: of its entries.

    Raises:
        ValueError: if it is no dict, or one is missing.
    """
    if not isinstance(inputs, dict):
        raise ValueError(
            f"The inputs must be a dict with the entries {' and '.join(names)}; got "
            f"{type(inputs).__name__}."
        )
    missing = [name for name in names if name not in inputs]
    if missing:
        raise ValueError(
            f"The inputs must have the entries {' and '.join(names)}; missing: "
            f"{' and '.join(missing)}."
        )
    return [inputs[name] for name in names]


def targets(x, y, options):
    """Gives `fit` its `y`: the pictures themselves, if there are sample weights.

    Without a `y`, Keras drops the weights and does not say so.
    """
    if y is not None or options.get("sample_weight") is None:
        return y
    return x["images"] if isinstance(x, dict) else x


def refuse_loss(loss, model="autoencoder"):
    """Raises a ValueError where `compile` got a loss that would not be used."""
    if loss is not None:
        raise ValueError(
            f"The loss of a {model} is its own: compile it without one, not {loss!r}."
        )


def check_byte_range(images, name="images"):
    """Raises a ValueError for an array of floats in [0, 1] where 0 to 255 is meant.

    Args:
        images: array or tensor; only arrays of floats are looked at.
        name: what to call it.

    Example:

    >>> check_byte_range(np.array([0.0, 0.5, 1.0]))
    Traceback (most recent call last):
        ...
    ValueError: images must be in [0, 255]; got floats in [0, 1]: multiply them by 255.
    """
    is_float = isinstance(images, np.ndarray) and images.dtype.kind == "f"
    if is_float and images.size and 0 <= images.min() and 0 < images.max() <= 1:
        raise ValueError(
            f"{name} must be in [0, 255]; got floats in [{images.min():g}, "
            f"{images.max():g}]: multiply them by 255."
        )
