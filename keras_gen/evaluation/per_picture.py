"""Measures of one picture at a time, asked for by name: their mean, and its interval.

`keras-gen evaluate MODEL --metrics elbo psnr ssim` prints their table.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from keras_gen import presets
from keras_gen.autoencoders import VAE, Autoencoder
from keras_gen.data.flowers import flowers
from keras_gen.diffusion import (
    DiffusionModel,
    TextConditionedDiffusionModel,
    TextToImage,
)
from keras_gen.evaluation.diffusion import full_prompts
from keras_gen.evaluation.measures import HALVES, Measured, Report
from keras_gen.evaluation.samples import READER, are_drawn, places, some
from keras_gen.gans import CycleGAN, Pix2Pix
from keras_gen.metrics import (
    bits_per_dimension,
    bootstrap_interval,
    psnr,
    read_attributes,
    ssim,
)

LEAST = 4  # pictures that can be halved
CARRIED, FLOW_STEPS = 16, 50  # pictures to noise, each in so many steps
NOTES = {
    VAE: "bits_per_dimension of a VAE is of pixels that are black or white, with "
    "probabilities for grey ones: no diffusion model's, of 256 values, compares.",
    DiffusionModel: f"bits_per_dimension of a flow is of {CARRIED} pictures at most, "
    "since each takes seconds: it is carried to noise, step by step.",
}


def measure_each(model, test, names, seed=0, num=500, **how):
    """Measures what a model makes of single pictures, or how probable it finds them.

    Args:
        model: any that is evaluated.
        test: held-out pictures, `Pictures`, a `Folder` or `Pairs`.
        names: of `MEASURES`.
        seed: of all that is drawn, and of the intervals.
        num: at most so many pictures.
        **how: to walk between noise and pictures, as for `evaluate`.

    Returns:
        A `Report`, without features.

    Raises:
        ValueError: if such a model has no such measure, or for too few pictures.
    """
    check_each(model, test, names)
    rows = [
        _row(name, *MEASURES[name].of_each(model, test, num, seed, **how), seed)
        for name in names
    ]
    known = [NOTES[kind] for kind in NOTES if isinstance(model, kind)]
    notes = known if "bits_per_dimension" in names else []
    return Report(rows, max(row.pictures for row in rows), None, None, notes)


def check_each(model, test, names):
    """Raises a ValueError unless such a model has such measures on these pictures.

    Args:
        model: any that is evaluated.
        test: held-out pictures.
        names: of `MEASURES`.
    """
    for name in names:
        if not MEASURES[name].is_had(model, test):
            raise ValueError(
                f"{name} is of {MEASURES[name].owners}; a {type(model).__name__} on "
                "these pictures has none."
            )


def _row(name, values, of_real, seed):
    if len(values) < LEAST:
        raise ValueError(
            f"num must be at least {LEAST} to be measured; got {len(values)}."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has no mean: some pictures are met exactly.")
    interval = bootstrap_interval(_mean, values, num=HALVES, seed=seed)
    return Measured(name, _mean(values), *interval, of_real, len(values))


def _mean(values):
    return float(np.mean(values))


def _has_bound(model, test):
    return isinstance(model, VAE)


def _has_bits(model, test):
    told = isinstance(model, TextConditionedDiffusionModel)
    return isinstance(model, VAE | DiffusionModel) and not told


def _has_likeness(model, test):
    translates = isinstance(model, Pix2Pix | CycleGAN) and test.paired
    return isinstance(model, VAE | Autoencoder) or translates


def _has_attributes(model, test):
    shape = getattr(getattr(model, "diffusion", model), "image_shape", ())
    if not are_drawn(test, shape):
        return False
    told = np.size(getattr(model, "num_classes", ())) == len(test.attributes)
    return told or isinstance(model, TextToImage)


# What follows returns a value for each picture and the mean of real ones, if that means
# something.


def _elbo(model, test, num, seed):
    return model.elbo(some(test, num).images, seed=seed), None


def _bits(model, test, num, seed, num_steps=FLOW_STEPS, **how):
    if isinstance(model, VAE):
        nats, _ = _elbo(model, test, num, seed)
        return -nats / (np.prod(model.image_shape) * np.log(2)), None
    images = some(test, min(num, CARRIED)).images
    return bits_per_dimension(model, images, num_steps, seed), None


def _likeness(measure, model, test, num, seed):
    if isinstance(model, VAE | Autoencoder):
        images = some(test, num).images
        return measure(model.reconstruct(images), images), None
    rows = places(len(test), num)
    made = model.translate(test.batch_of_sources(rows))
    return measure(made, test.batch(rows)), None


def _attributes(model, test, num, seed, **how):
    """The share of its attributes that each picture shows."""
    real = flowers(num, seed=seed + 2_000_003)
    asked = real.attributes
    if isinstance(model, TextToImage):
        drawn = model.generate(full_prompts(asked), seed=seed, **how)
    else:
        if "num_steps" in how:
            how["diffusion_steps"] = how.pop("num_steps")
        drawn = model.generate(np.stack([*asked.values()], axis=1), seed=seed, **how)
    reader = presets.load(READER)
    shown, of_real = (
        np.mean([seen[name] == asked[name] for name in asked], axis=0)
        for seen in (read_attributes(reader, x) for x in (drawn, real.images))
    )
    return shown, _mean(of_real)


class Measure(NamedTuple):
    """A measure of single pictures.

    Args:
        of_each: function of the model, the pictures, how many, the seed, and how to
            walk -> array `(n,)`, and the mean of real pictures or None.
        is_had: function of the model and the pictures -> whether it has such a measure.
        owners: which models have it, in words.
    """

    of_each: Callable
    is_had: Callable
    owners: str


FLOW = "a VAE, or of a diffusion model without texts or labels"
LIKE = "an autoencoder, or of a translator and pairs"
DRAWN = "a model that draws flowers as they are asked for"
MEASURES = {
    "elbo": Measure(_elbo, _has_bound, "a VAE"),
    "bits_per_dimension": Measure(_bits, _has_bits, FLOW),
    "psnr": Measure(functools.partial(_likeness, psnr), _has_likeness, LIKE),
    "ssim": Measure(functools.partial(_likeness, ssim), _has_likeness, LIKE),
    "attributes": Measure(_attributes, _has_attributes, DRAWN),
}
