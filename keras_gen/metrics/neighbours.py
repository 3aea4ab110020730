"""Does a model draw, or does it copy?  The nearest training picture of each picture.

Synopsis:

>>> from keras_gen.data import flowers
>>> training, fresh = flowers(300, 16).images, flowers(20, 16, seed=1).images
>>> copies = np.concatenate([fresh[:15], training[7:12]])
>>> float(copied(nearest_neighbours(copies, training, num=20)).mean())
0.25
"""

from typing import NamedTuple

import numpy as np

CLOSER = 0.5  # than half of what is usual, by Carlini et al.


class Neighbours(NamedTuple):
    """The nearest training pictures, nearest first.

    Args:
        distances: float array `(n, num)`: root mean squared differences of the
            pixels, in units of the range [0, 1].
        indices: int array `(n, num)`, into the training pictures.
    """

    distances: np.ndarray
    indices: np.ndarray


def nearest_neighbours(images, training_images, num=50, batch_size=1024):
    """Finds the nearest training pictures of each picture.

    All pairs are compared, by matrix products of `batch_size` x `batch_size` pictures
    at a time, so the memory that it takes does not grow with the training set.

    Args:
        images: uint8 `(n, height, width, channels)`.
        training_images: uint8 `(m, height, width, channels)`.
        num: how many of them; m where there are fewer.
        batch_size: pictures at once.

    Returns:
        `Neighbours`.

    Raises:
        ValueError: if the pictures are of different sizes, or there are none.

    Reference:
        Carlini et al. 2023, https://arxiv.org/abs/2301.13188, section 5.
    """
    shapes = np.shape(images), np.shape(training_images)
    if shapes[0][1:] != shapes[1][1:] or 0 in (shapes[0][0], shapes[1][0]):
        raise ValueError(
            "images and training_images must be pictures of one size, one at least; "
            f"got {shapes[0]} and {shapes[1]}."
        )
    num = min(num, len(training_images))
    found = [
        _of_batch(images[start : start + batch_size], training_images, num, batch_size)
        for start in range(0, len(images), batch_size)
    ]
    return Neighbours(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _of_batch(images, training_images, num, batch_size):
    batch = _flat(images, "float32")
    best = np.full((len(batch), num), np.inf, "float32")
    indices = np.zeros((len(batch), num), "int64")
    for start in range(0, len(training_images), batch_size):
        others = _flat(training_images[start : start + batch_size], "float32")
        products = batch @ others.T
        squares = np.sum(batch**2, axis=1)[:, None] + np.sum(others**2, axis=1)
        here = np.broadcast_to(np.arange(start, start + len(others)), products.shape)
        best = np.concatenate([best, squares - 2.0 * products], axis=1)
        indices = np.concatenate([indices, here], axis=1)
        kept = np.argpartition(best, num - 1, axis=1)[:, :num]
        best, indices = (np.take_along_axis(x, kept, axis=1) for x in (best, indices))
    return _in_order(images, training_images, indices)


def _in_order(images, training_images, indices):
    """The exact distances: sums of large squares have lost the digits of small ones."""
    distances = np.empty(indices.shape)
    for row, chosen in enumerate(indices):
        differences = _flat(images[row][None]) - _flat(training_images[chosen])
        distances[row] = np.sqrt(np.mean(differences**2, axis=1))
    order = np.argsort(distances, axis=1, kind="stable")
    return [np.take_along_axis(x, order, axis=1) for x in (distances, indices)]


def _flat(images, dtype="float64"):
    return np.reshape(images, (len(images), -1)).astype(dtype) / 255.0 - 0.5


def copied(neighbours):
    """Tells which pictures are copies of a training picture.

    A copy is nearer to one training picture than half of its mean distance to the
    nearest ones.  A picture that is only plain, or blurred, is near to many.  Where
    pictures come in small groups, some that nobody copied count as well: compare with
    the share of real pictures that were not trained on.

    Args:
        neighbours: `Neighbours` of the pictures, some dozens for each.

    Returns:
        Boolean array `(n,)`.

    Reference:
        Carlini et al. 2023, https://arxiv.org/abs/2301.13188, section 5 (CIFAR-10):
        50 neighbours and the factor 0.5.
    """
    distances = neighbours.distances
    return distances[:, 0] < CLOSER * distances.mean(axis=1)
