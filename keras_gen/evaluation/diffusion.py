"""Figures of diffusion models: the predicted noise, samples, prompts."""

import numpy as np
from keras import ops

from keras_gen import presets, training
from keras_gen.data.captions import canonical_caption
from keras_gen.data.flowers import flowers
from keras_gen.diffusion import autoguided
from keras_gen.evaluation.classes import asked_of, class_figures, shown_by
from keras_gen.evaluation.samples import READER, are_drawn, sample_figures, some
from keras_gen.metrics import attribute_accuracy, chance_accuracy


def diffusion_figures(
    model, test, train, seed, num, num_steps=20, guide=None, guidance_scale=2.0, **how
):
    """Measures the noise prediction, and samples beside noise and the mean picture.

    Args:
        model: a `DiffusionModel`.
        test: held-out pictures.
        train: training pictures.
        seed: of noise.
        num: at most so many test pictures, and so many generated ones.
        num_steps: steps of the reverse process.
        guide: what the samples are guided away from, as for `autoguided`.
        guidance_scale: likewise.
        **how: `sampler` and `spacing`, as for `generate`.

    Returns:
        Dict: name of the figure -> number.
    """
    images = some(test, num).images
    drawing = autoguided(model, guide, guidance_scale) if guide else model
    samples = drawing.generate(num, num_steps, seed=seed, **how)
    return {
        **_noise_figures(model, images, images, seed),
        **sample_figures(samples, test, train, seed),
    }


def class_conditioned_figures(model, test, train, seed, num, num_steps=20, **how):
    """Measures the noise prediction, and samples of what training pictures show.

    Args:
        model: a `ClassConditionedDiffusionModel`.
        test: held-out pictures with its labels, or attributes.
        train: training pictures, likewise.
        seed: of noise, and of what is asked for.
        num: at most so many test pictures, and so many generated ones.
        num_steps: steps of the reverse process.
        **how: `guidance_scale`, `sampler` and `spacing`, as for `generate`.

    Returns:
        Dict: name of the figure -> number.
    """
    known, asked = some(test, num), asked_of(model, train, num, seed)
    inputs = {"images": known.images, "labels": shown_by(known, model)}
    samples = model.generate(asked, num_steps, seed=seed, **how)
    return {
        **_noise_figures(model, inputs, known.images, seed),
        **class_figures(samples, asked, test, train),
        **sample_figures(samples, test, train, seed),
    }


def text_to_image_figures(model, test, train, seed, num, **how):
    """Measures the noise prediction, and whether flowers show what prompts say.

    Args:
        model: a `TextToImage`.
        test: held-out pictures with captions.
        train: training pictures.
        seed: of noise, and of the prompts.
        num: at most so many test pictures; so many seen and so many unseen prompts.
        **how: `num_steps`, `guidance_scale`, `sampler`, `spacing`, as for `generate`.

    Returns:
        Dict: name of the figure -> number.
    """
    known = some(test, num)
    names = ("images", "captions", "negative_captions")
    inputs = {name: getattr(known, name) for name in names}
    figures = _noise_figures(model, model.prepare(inputs), inputs["images"], seed)
    if not are_drawn(test, model.diffusion.image_shape):
        return figures
    reader = presets.load(READER)
    for name, held_out in (("seen", False), ("held_out", True)):
        asked, pictures = _asked_and_drawn(model, held_out, num, seed, how)
        accuracy = attribute_accuracy(reader, pictures, asked)
        figures |= {f"{name}_{key}": value for key, value in accuracy.items()}
        if not held_out:  # the prompts of real flowers, so they should be as these are
            figures |= sample_figures(pictures, test, train, seed)
    return figures | {f"chance_{k}": v for k, v in chance_accuracy().items()}


def _asked_and_drawn(model, held_out, num, seed, how):
    asked = flowers(num, seed=seed + 2_000_003, held_out=held_out).attributes
    return asked, model.generate(full_prompts(asked), seed=seed, **how)


def full_prompts(attributes):
    """Says all that flowers should show.

    Args:
        attributes: as `flowers(...).attributes`.

    Returns:
        List of as many prompts.
    """
    each = zip(*attributes.values(), strict=True)
    return [
        canonical_caption(dict(zip(attributes, map(int, values), strict=True)))
        for values in each
    ]


def _noise_figures(model, inputs, images, seed):
    """The loss, beside a prediction of no noise and that of the mean picture."""
    training.seed_generators(model, seed, epoch=0)
    diffusion = getattr(model, "diffusion", model)
    # Not `model.evaluate`: a preset is not compiled, and another model's loss may be
    # another than the squares that the other figures are of.
    _, predicted, noise = model.predict(inputs, batch_size=100, verbose=0)
    # The mean picture is 0 once normalised: the predicted noise is noisy / noise_rate,
    # and its error signal_rate / noise_rate * picture.
    times = (np.arange(1000.0) + 0.5) / 1000.0
    noise_rates, signal_rates = map(ops.convert_to_numpy, diffusion.schedule(times))
    normalised = ops.convert_to_numpy(diffusion.normalizer(images))
    ratio = np.mean((signal_rates / noise_rates) ** 2)
    return {
        "test_pictures": len(images),
        "noise_loss": float(np.mean((predicted - noise) ** 2)),
        "no_noise_loss": 1.0,
        "mean_picture_loss": float(ratio * np.mean(normalised**2)),
    }
