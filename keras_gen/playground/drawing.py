"""What the playground draws: a picture for each set of controls.

Synopsis:

>>> draw("dcgan_digits", "", "", 0, 1, "ddim", None, num=4, seed=0).size
(566, 566)
"""

import functools
from types import SimpleNamespace

import keras
import numpy as np

from keras_gen import plots, presets, shelf
from keras_gen.autoencoders import latent_grid
from keras_gen.cli_drawing import drawn
from keras_gen.data import flowers
from keras_gen.diffusion import add_noise
from keras_gen.diffusion.generation import picture_and_noise

TEXT, PLANE, NOISY = "text_to_image_flowers_32", "vae_digits", "diffusion_flowers_32"
GUIDED = ("TextToImage", "ClassConditionedDiffusionModel")
WITH_STEPS = (*GUIDED, "DiffusionModel")
KINDS = (*WITH_STEPS, "ConditionalGAN", "GAN", "VAE")
STEPS, SAMPLER = 12, "dpm_solver"  # enough, and quick
EXTENT, TILES, SIZE = 2.5, 20, 28  # of the map: its edge, pictures a side, their pixels
load = functools.cache(presets.load)


def draw(preset, prompt, negative, guidance, steps, sampler, digit, num, seed):
    """Draws pictures with a preset; what it has no use for is not looked at.

    Args:
        preset: its name.
        prompt: text.
        negative: what not to draw; may be empty.
        guidance: how much the prompt, or the class, counts.
        steps: of the reverse process.
        sampler: one of `SAMPLERS`.
        digit: of a conditional GAN; None for all in turn.
        num: pictures.
        seed: integer.

    Returns:
        PIL image.
    """
    kind = shelf.holds(shelf.FOLDER / preset)
    text, walk = kind == "TextToImage", kind in WITH_STEPS
    asked = SimpleNamespace(
        model=preset,
        prompt=[prompt] if text else None,
        negative_prompt=negative if text else None,
        guidance_scale=guidance if kind in GUIDED else None,
        guide=None,
        steps=int(steps) if walk else None,
        sampler=sampler if walk else None,
        spacing=None,
        labels=[digit] if kind == "ConditionalGAN" and digit is not None else None,
        attributes=None,
        num=int(num),
        seed=_seed(seed),
    )
    pictures, _ = drawn(load(preset), asked)
    side = np.ceil(len(pictures) ** 0.5) * pictures.shape[1]
    return plots.grid(pictures, scale=max(1, 600 // side))


def morph(prompt_a, prompt_b, num, steps, seed):
    """Draws the way between two prompts.

    Args:
        prompt_a: the first picture's.
        prompt_b: the last picture's.
        num: pictures.
        steps: of the reverse process.
        seed: integer.

    Returns:
        HTML of an animation.
    """
    how = {"num_steps": int(steps), "sampler": SAMPLER, "seed": _seed(seed)}
    frames = load(TEXT).morph(prompt_a, prompt_b, int(num), **how)
    return (
        plots.animation(frames)
        ._repr_html_()
        .replace(
            '"animation"', '"A flower that changes from the first prompt to the second"'
        )
    )


@functools.cache
def latent_map():
    """The decoded plane of the digits, uint8 `(560, 560)`."""
    tiles = latent_grid(load(PLANE).decoder, TILES, EXTENT)
    return np.rint(255 * tiles[..., 0]).astype("uint8")


def place(column, row):
    """The latent vector at a pixel of the map: `(z[0], z[1])`.

    Example:

    >>> [round(float(z), 2) for z in place(14, 14)]  # the middle of the first tile
    [-2.5, 2.5]
    """
    step = 2 * EXTENT / (TILES - 1)
    tiles = np.array([column, row]) / SIZE - 0.5
    return np.array([1, -1]) * (tiles * step - EXTENT)


def decode(z, before):
    """Decodes one latent vector, and the way to it.

    Args:
        z: two numbers.
        before: where the way begins; None where there is none.

    Returns:
        `(picture, way, sentence)`, two PIL images and a text.
    """
    way = np.linspace(z if before is None else before, z, 8)
    images = load(PLANE).decode(way)
    words = f"z = ({z[0]:.2f}, {z[1]:.2f})"
    return plots.grid(images[-1:], scale=10), plots.strip(images, scale=2), words


def denoise(time, seed):
    """Adds noise to a flower, and lets the model take it away in one step.

    Args:
        time: diffusion time, 0 (picture) to 1 (noise).
        seed: of the flower and the noise.

    Returns:
        PIL image: the picture, the noisy one, the predicted one.
    """
    model, seed = load(NOISY), _seed(seed)
    images = flowers(1, seed=seed).images
    clean = model.normalizer(images)
    noise = keras.random.normal(clean.shape, seed=seed)
    rates = model.schedule(keras.ops.full((1, 1, 1, 1), float(time)))
    noisy = add_noise(clean, noise, *rates)
    unsaid = [np.zeros((1, *x.shape[1:])) for x in model.ema_unet.inputs[2:]]
    prediction = model.ema_unet.predict_on_batch([noisy, rates[0], *unsaid])
    predicted, _ = picture_and_noise(model.target, noisy, *rates, prediction)
    shown = [model.to_pictures(one) for one in (noisy, predicted)]
    return plots.strip(
        np.concatenate([images, *shown]),
        labels=["the picture", "with noise", "what the model sees"],
        scale=6,
    )


def _seed(seed):
    if seed is None or seed != int(seed) or not 0 <= seed < 2**31:
        raise ValueError(f"seed must be an integer from 0 to {2**31 - 1}; got {seed}.")
    return int(seed)
