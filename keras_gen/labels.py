"""Class labels: integers that say what a picture shows.

There is one for each picture, or several, one for each of its attributes: a red flower,
with five petals, at night.

Synopsis:

>>> check_labels([0, 2, 1], num_classes=3)
>>> labels_in_turn(4, num_classes=3).tolist()
[0, 1, 2, 0]
>>> ops.convert_to_numpy(one_hot([[1, 0]], num_classes=(2, 3))).tolist()
[[0.0, 1.0, 1.0, 0.0, 0.0]]
"""

import math

import numpy as np
from keras import ops

from keras_gen.data import Folder, Pictures
from keras_gen.feeding import entries, refuse_lists_and_folders

MOST = 2**20  # combinations of attributes that are put in an order


def check_labels(labels, num_classes, num=None):
    """Raises a ValueError unless these are labels, one or several a picture.

    Args:
        labels: integers `(num,)` or `(num, attributes)`.
        num_classes: how many classes there are, or a tuple for several attributes.
        num: how many pictures there are; None does not say.

    Example:

    >>> check_labels([0, 3], num_classes=3)
    Traceback (most recent call last):
        ...
    ValueError: labels must be from 0 to 2; got 3.
    """
    sizes = np.asarray(num_classes)
    each = "one a picture" if sizes.ndim == 0 else f"{sizes.size} a picture"
    try:
        labels = np.asarray(labels)
    except ValueError:  # NumPy's speaks of an inhomogeneous shape
        raise ValueError(
            f"labels must be integers, {each}; got lists of different lengths."
        ) from None
    fits = labels.ndim == 1 + sizes.ndim and labels.shape[1:] == sizes.shape
    if not (fits and labels.dtype.kind in "iu" and len(labels)):
        raise ValueError(
            f"labels must be integers, {each}; got {labels.dtype} {labels.shape}."
        )
    wrong = (labels < 0) | (labels >= sizes)
    if wrong.any():
        highest = ", ".join(str(size - 1) for size in np.atleast_1d(sizes))
        raise ValueError(
            f"labels must be from 0 to {highest}; "
            f"got {labels[np.argwhere(wrong)[0][0]]}."
        )
    if num is not None and len(labels) != num:
        raise ValueError(
            f"labels must be as many as the {num} pictures; got {len(labels)}."
        )


def labels_in_turn(num, num_classes, seed=0):
    """Gives each class its share; of several attributes, each combination.

    Combinations come in a mixed order, so that a few pictures, too, show many values of
    each attribute.  Where there are more than 2**20 of them, each attribute is drawn by
    itself.

    Args:
        num: how many pictures.
        num_classes: how many classes there are, or a tuple for several attributes.
        seed: of the order of combinations, or of the draws; None draws one.

    Returns:
        Integer array `(num,)` or `(num, attributes)`.

    Example:

    >>> labels_in_turn(3, (2, 3)).tolist()
    [[1, 0], [0, 2], [1, 2]]
    """
    if not np.ndim(num_classes):
        return np.arange(num) % num_classes
    rng = np.random.default_rng(seed)
    combinations = math.prod(map(int, num_classes))
    if combinations > MOST:  # an order of them all would not fit into memory
        return rng.integers(num_classes, size=(num, len(num_classes)))
    mixed = rng.permutation(combinations)[np.arange(num) % combinations]
    return np.stack(np.unravel_index(mixed, num_classes), axis=1)


def one_hot(labels, num_classes):
    """Writes labels as vectors: 1 at the class, else 0; several follow one another.

    Args:
        labels: integers `(batch,)` or `(batch, attributes)`, an array or a tensor.
        num_classes: how many classes there are, or a tuple for several attributes.

    Returns:
        Tensor `(batch, n)`, n being `num_classes`, or the sum of several.
    """
    labels, sizes = ops.cast(labels, "int32"), np.atleast_1d(num_classes)
    columns = ops.unstack(ops.reshape(labels, (-1, len(sizes))), axis=1)
    parts = [ops.one_hot(x, int(n)) for x, n in zip(columns, sizes, strict=True)]
    return ops.concatenate(parts, axis=1)


def labels_of(pictures, condition="labels"):
    """What a conditional model is told of pictures.

    Args:
        pictures: `Pictures` or a `Folder`.
        condition: `"labels"`, or `"attributes"` for all that is known of them.

    Returns:
        Integer array `(num,)`, or `(num, attributes)`.

    Raises:
        ValueError: if they have none.
    """
    if condition not in ("labels", "attributes"):
        raise ValueError(f"condition must be labels or attributes; got {condition!r}.")
    labels = getattr(pictures, condition, None)
    if labels is None:
        have = (
            "digits, flowers (the petals' colour), mnist, fashion_mnist, cifar10, "
            "oxford_flowers and a folder with a sub-folder for each class"
        )
        if condition == "attributes":
            have = "flowers"
        raise ValueError(
            f"A conditional model needs pictures with {condition}; what has is {have}."
        )
    if condition == "attributes":
        return np.stack(list(labels.values()), axis=1)
    return labels


def with_labels(x, num_classes):
    """Gives what a conditional model learns from: pictures, and a label for each.

    Args:
        x: what a user gave to `fit`: `Pictures`, a dict of `images` and `labels` (an
            array or a list), or a feed, which is returned as it is.
        num_classes: how many classes there are, or a tuple for several attributes.

    Returns:
        A dict, or the feed.

    Raises:
        ValueError: if it is none of them, or the labels do not fit.
    """
    condition = "attributes" if np.ndim(num_classes) else "labels"
    if isinstance(x, Folder):
        labels_of(x, condition)
        raise ValueError(
            "x is a Folder, which does not fit into memory: give "
            'Batches(x, extra={"labels": x.labels}).'
        )
    if isinstance(x, Pictures):
        x = {"images": x.images, "labels": labels_of(x, condition)}
    if hasattr(x, "shape"):
        raise ValueError(
            "x must be Pictures with labels, or a dict with the entries images "
            f"and labels; got {type(x).__name__}."
        )
    refuse_lists_and_folders(x)
    if isinstance(x, dict):
        images, labels = entries(x, "images", "labels")
        check_labels(labels, num_classes, len(images))
        if not hasattr(labels, "shape"):  # Keras takes a list to be many inputs
            x = {**x, "labels": np.asarray(labels)}
    return x
