"""The pictures of the start page: what the models that come along draw."""

import textwrap

from panels import rows
from style import figure

from keras_gen import presets

HOW = {"sampler": "dpm_solver", "spacing": "log_snr", "seed": 4}
PROMPTS = (
    "a large flower with six round white petals, in a green meadow",
    "five pointed blue petals around a white centre, under the stars",
    "a small red flower with eight petals, on the beach",
    "four heart-shaped pink petals and a brown centre, at sunset",
    "eight pointed yellow petals, against the night sky",
    "three lilac petals around a green centre, on grey stone",
)


@figure("start-noise", height=2.6, kind="png")
def noise(picture, look):
    """Three flowers on their way from noise."""
    model = presets.load("diffusion_flowers_32")
    frames = model.trajectory(3, 8, **HOW)  # (9, 3, 32, 32, 3)
    axes = picture.subplots()
    rows(axes, look, dict(enumerate(frames.swapaxes(0, 1))))
    axes.set_yticks([])
    axes.set_xlabel("from noise to a picture, in eight steps →")


@figure("start-prompts", height=1.85, kind="png")
def prompts(picture, look):
    """Flowers for six prompts, each prompt under its picture."""
    model = presets.load("text_to_image_flowers_32")
    images = model.generate([*PROMPTS], num_steps=20, **HOW)
    axes = picture.subplots()
    rows(axes, look, {"": images}, [textwrap.fill(words, 17) for words in PROMPTS])
    axes.tick_params(labelsize=8)
