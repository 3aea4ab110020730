"""The figures of lecture 09: a latent diffusion model's parts, edits, paths."""

import functools
import sys

import numpy as np
from keras import ops
from panels import arrow, board, box, rows
from style import FOLDER, figure

from keras_gen import TextToImage
from keras_gen.data import flowers
from keras_gen.diffusion import reverse_diffusion
from keras_gen.diffusion.schedules import CosineSchedule

sys.path.append(str(FOLDER.parents[1] / "benchmarks"))  # what is drawn is measured


@figure("latent-diffusion", height=3.1)
def latent_diffusion(picture, look):
    """What stands around the U-Net of a latent diffusion model, and what was added."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)
    place(0.55, 1.55, "noise", 0.8)
    place(2.75, 1.55, "U-Net or\ntransformer", 1.5, 0.8, "C0")
    place(4.75, 1.55, "latent $z$", 0.9)
    place(5.85, 1.55, "decoder", 0.9, colour="C1")
    place(6.8, 1.55, "picture", 0.75)
    place(0.65, 2.65, "prompt", 0.9)
    place(2.75, 2.65, "text encoder", 1.3, colour="C2")
    place(0.65, 0.45, "outline", 0.9)
    place(2.75, 0.45, "ControlNet", 1.3, colour="C3")
    place(4.75, 0.45, "LoRA", 0.9, colour="C3")
    place(4.75, 2.65, "distilled\nstudent", 0.9, 0.6, colour="C3")
    for start, end, text in (
        ((0.97, 1.55), (1.98, 1.55), ""),
        ((3.52, 1.55), (4.28, 1.55), "many steps"),
        ((5.22, 1.55), (5.38, 1.55), ""),
        ((6.32, 1.55), (6.42, 1.55), ""),
        ((1.12, 2.65), (2.08, 2.65), ""),
        ((1.12, 0.45), (2.08, 0.45), ""),
    ):
        go(start, end, text)
    go((2.75, 2.4), (2.75, 1.97))
    axes.text(2.82, 2.19, "cross-attention", fontsize=8, va="center")
    go((2.75, 0.7), (2.75, 1.13), colour="C3")
    axes.text(2.68, 0.92, "zero convolutions", fontsize=8, va="center", ha="right")
    go((4.35, 0.65), (3.4, 1.13), colour="C3")
    axes.text(4.1, 0.92, "$W + BA$", fontsize=8, va="center")
    go((3.4, 1.97), (4.28, 2.5), colour="C3")


@figure("edits", height=4.2, kind="png")
def edits(picture, look):
    """Real flowers, drawn anew from three noise levels; halves, completed."""
    import edits as measured

    model = TextToImage.from_preset("text_to_image_flowers_32")
    pictures = flowers(9, seed=7)
    images = pictures.images
    holes = np.zeros((*images.shape[:3], 1), "float32")
    holes[:, :, 16:] = 1.0
    named = {"real": images}
    for time in (0.4, 0.7, 0.9):
        title = f"“blue,\nat sunset”\nt = {time}"
        named[title] = measured.edited(model, images, measured.PROMPT, time)
    grey = np.where(holes, 127, images).astype("uint8")
    filled = measured.completed(model, images, holes, pictures.captions)
    rows(picture.subplots(), look, {**named, "half of it": grey, "completed": filled})


@figure("straight-paths", height=2.7)
def straight_paths(picture, look):
    """The same ways from noise to data, curved by the lecture's rates, then scaled."""
    schedule, num, steps = CosineSchedule(0.001, 0.999), 14, 36
    data = np.array([-1.3, 0.7])  # all that there is: two pictures of one pixel

    def denoise(noisy, noise_rates, signal_rates):
        # The mean of what may lie below this noise, with a little width of its own.
        variance = noise_rates**2 + (0.1 * signal_rates) ** 2
        apart = noisy - signal_rates * data
        weight = ops.softmax(-0.5 * apart**2 / variance, axis=-1)
        share = 0.01 * signal_rates / variance
        clean = ops.sum(weight * (data + share * apart), axis=-1, keepdims=True)
        return clean, (noisy - signal_rates * clean) / noise_rates

    at = np.linspace(-2.2, 2.2, num).reshape(-1, 1, 1, 1).astype("float32")
    noisy, way = at, [at]
    for step in range(steps):
        noisy, _ = reverse_diffusion(
            denoise, schedule, noisy, steps, step, step + 1, spacing="even"
        )
        way.append(ops.convert_to_numpy(noisy))
    way = np.concatenate(way, axis=-1).reshape(num, -1)[:, :-1]
    times = 1.0 - np.arange(steps) / (steps - 1)
    noise_rates, signal_rates = map(ops.convert_to_numpy, schedule(times))
    left, right = picture.subplots(1, 2, sharey=True)
    left.plot(times, way.T, lw=0.9, color="C0")
    total = noise_rates + signal_rates
    right.plot(noise_rates / total, (way / total).T, lw=0.9, color="C1")
    left.set(title="$\\alpha_t x + \\sigma_t \\epsilon$", xlabel="diffusion time $t$")
    right.set(
        title="the same, divided by $\\alpha_t + \\sigma_t$",
        xlabel="$\\tau = \\sigma_t / (\\alpha_t + \\sigma_t)$",
    )
    for axes in (left, right):
        axes.set(xlim=(1, 0), yticks=data, yticklabels=["one", "other"])
