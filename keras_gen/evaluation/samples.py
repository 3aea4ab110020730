"""Figures of generated pictures: are they like real ones, and are they new?"""

import numpy as np

from keras_gen import presets
from keras_gen.data import Pictures
from keras_gen.data.flowers import flowers
from keras_gen.metrics import (
    copied,
    energy_distance,
    frechet_distance,
    nearest_neighbours,
    reader_features,
)

READER, READER_S_SHAPE = "flower_reader", (32, 32, 3)
AT_MOST = 50_000  # training pictures among which copies are looked for


def places(size, num):
    """Chooses some places of a set by chance, always the same ones.

    Not the first: a folder's pictures are sorted by their class.

    Args:
        size: of the set.
        num: how many; fewer where there are fewer.

    Returns:
        Integer array `(n,)`, in no order, so that its parts are chosen by chance too.
    """
    return np.random.default_rng(0).permutation(size)[:num]


def some(pictures, num):
    """Gives some pictures of a set, with what is known about each of them.

    Args:
        pictures: `Pictures` or a `Folder`.
        num: how many; fewer where there are fewer.

    Returns:
        `Pictures`, of the `places`.
    """
    chosen = places(len(pictures), num)
    images = pictures.batch(chosen)
    # A Folder may have put another picture in the place of a broken one.
    if hasattr(pictures, "resolve"):
        chosen = pictures.resolve(chosen)
    found = pictures.take(chosen)
    names = ("labels", "captions", "attributes", "negative_captions")
    return Pictures(images, **{name: getattr(found, name, None) for name in names})


def are_drawn(pictures, image_shape):
    """Tells whether pictures are drawn flowers of the shipped reader's size.

    Args:
        pictures: `Pictures` or a `Folder`.
        image_shape: `(height, width, channels)`.
    """
    drawn = getattr(pictures, "attributes", None) is not None
    return drawn and tuple(image_shape) == READER_S_SHAPE


def real_pictures(test, num, image_shape, seed):
    """Gives real pictures to compare generated ones with, and others beside them.

    Of drawn flowers there are always as many as are needed: they are drawn anew.

    Args:
        test: held-out pictures.
        num: how many of each.
        image_shape: `(height, width, channels)`.
        seed: of more flowers.

    Returns:
        `(real, others)`, uint8 arrays; each has fewer where there are fewer.
    """
    if are_drawn(test, image_shape):
        found = flowers(2 * num, seed=seed + 3_000_017).images
    else:
        found = some(test, 2 * num).images
    return found[:num], found[num:]


def sample_figures(samples, test, train, seed):
    """Measures distances of samples to held-out pictures, and looks for copies.

    Each distance comes with that of training pictures, or of two sets of real ones.

    Args:
        samples: uint8 `(n, height, width, channels)`, as a model draws them.
        test: held-out pictures.
        train: training pictures.
        seed: of the noise to compare with, and of more flowers.

    Returns:
        Dict: name of the figure -> float.
    """
    num, image_shape = len(samples), samples.shape[1:]
    real, more_real = real_pictures(test, num, image_shape, seed)
    figures = _energy_figures(samples, real, some(train, num).images, seed)
    figures |= _copy_figures(samples, real, some(train, AT_MOST).images)
    if are_drawn(test, image_shape):
        figures |= _frechet_figures(samples, real, more_real)
    return figures


def _energy_figures(samples, real, others, seed):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, real.shape, dtype="uint8")
    mean = np.repeat(others.mean(axis=0, keepdims=True), len(real), axis=0)
    return {
        "sample_distance": energy_distance(samples, real),
        "training_pictures_distance": energy_distance(others, real),
        "mean_picture_distance": energy_distance(mean, real),
        "noise_distance": energy_distance(noise, real),
    }


def _copy_figures(samples, real, train_images):
    """Shares of copies; real pictures, which are none, say what chance makes of it."""
    found = nearest_neighbours(samples, train_images)
    real_found = nearest_neighbours(real, train_images)
    nearest, real_nearest = (x.distances[:, 0] for x in (found, real_found))
    first_percentile = np.quantile(real_nearest, 0.01)
    return {
        "copies": float(np.mean(copied(found))),
        "real_copies": float(np.mean(copied(real_found))),
        "nearest_training_rmse": float(np.median(nearest)),
        "real_nearest_training_rmse": float(np.median(real_nearest)),
        "nearer_than_99_percent_of_real": float(np.mean(nearest < first_percentile)),
    }


def _frechet_figures(samples, real, more_real):
    """All three sets are of one size: few pictures make the distance too large."""
    reader = presets.load(READER)
    features = [reader_features(reader, x) for x in (samples, real, more_real)]
    distance = frechet_distance(features[0], features[1])
    halves = frechet_distance(features[1], features[2])
    return {
        "frechet_distance": distance,
        "real_frechet_distance": halves,
        "frechet_ratio": distance / halves,
    }
