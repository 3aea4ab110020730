"""Figures of generated pictures: are they like real ones, and are they new?"""

import numpy as np

from keras_gen import presets
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


def some(pictures, num):
    """Gives the first pictures of a set, uint8 `(n, height, width, channels)`.

    Args:
        pictures: `Pictures` or a `Folder`.
        num: how many; fewer where there are fewer.
    """
    return pictures.batch(np.arange(min(num, len(pictures))))


def are_drawn(pictures, image_shape):
    """Tells whether pictures are drawn flowers of the shipped reader's size.

    Args:
        pictures: `Pictures` or a `Folder`.
        image_shape: `(height, width, channels)`.
    """
    drawn = getattr(pictures, "attributes", None) is not None
    return drawn and tuple(image_shape) == READER_S_SHAPE


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
    drawn = are_drawn(test, samples.shape[1:])
    if drawn:  # of which there are always as many as are needed
        fresh = flowers(2 * len(samples), seed=seed + 3_000_017).images
        real, more_real = fresh[: len(samples)], fresh[len(samples) :]
    else:
        real = some(test, len(samples))
    figures = _energy_figures(samples, real, some(train, len(samples)), seed)
    figures |= _copy_figures(samples, real, some(train, AT_MOST))
    if drawn:
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
