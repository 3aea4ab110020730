"""One picture for each preset that draws, for the gallery."""

import numpy as np
from panels import rows
from style import figure

from keras_gen import presets, shelf
from keras_gen.data import flower_nights, flower_outlines, flowers
from keras_gen.data.flower_pairs import SEED_OF_OTHERS

COLUMNS, ROWS = 6, 3
NUM = COLUMNS * ROWS


def plane(model):
    """A VAE of two dimensions decodes a grid of its plane, any other draws."""
    if model.latent_dim != 2:
        return model.generate(NUM, seed=0)
    right, up = np.meshgrid(np.linspace(-2, 2, COLUMNS), np.linspace(1, -1, ROWS))
    return model.decode(np.stack([right, up], axis=-1).reshape(-1, 2))


def translated(sources):
    """Three rows: pictures, what the model makes of them, and what it should."""

    def draw(model):
        images = sources(COLUMNS, seed=SEED_OF_OTHERS)
        true = flowers(COLUMNS, seed=SEED_OF_OTHERS).images
        return np.concatenate([images, model.translate(images), true])

    return draw


def of_prompts(model):
    """Flowers of each colour, and the same at night."""
    colours = ("red", "orange", "yellow", "blue", "lilac", "white")
    where = ("in a green meadow", "at sunset", "under the stars")
    texts = [f"a large {one} flower, {place}" for place in where for one in colours]
    return model.generate(texts, seed=0, **shelf.PRESETS[TEXT].how)


def from_noise(model):
    """Whatever comes."""
    return model.generate(NUM, seed=0, sampler="dpm_solver")


TEXT = "text_to_image_flowers_32"
DRAW = {
    "VAE": plane,
    "GAN": lambda model: model.generate(NUM, seed=0),
    "ConditionalGAN": lambda model: model.generate([*range(4, 10)] * ROWS, seed=0),
    "Pix2Pix": translated(flower_outlines),
    "CycleGAN": translated(flower_nights),
    "DiffusionModel": from_noise,
    "ClassConditionedDiffusionModel": from_noise,
    "TextToImage": of_prompts,
}


def drawing(name):
    """The function that draws a preset's picture."""

    def draw(picture, look):
        model = presets.load(name)
        images = DRAW[shelf.holds(shelf.FOLDER / name)](model)
        axes = picture.subplots()
        shelves = images.reshape(-1, COLUMNS, *images.shape[1:])
        rows(axes, look, dict(enumerate(shelves)))
        axes.set_yticks([])

    return draw


for preset in shelf.names_of(DRAW):
    figure(f"preset-{preset}", height=1.9, width=3.6, kind="png")(drawing(preset))
