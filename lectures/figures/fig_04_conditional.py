"""The figures of lecture 04: drawing what is asked for."""

import functools

import numpy as np
from panels import arrow, board, box, rows
from style import figure

from keras_gen import attribute_direction, invert, presets
from keras_gen.data import digits, flower_nights, flower_outlines, flowers
from keras_gen.data.captions import ATTRIBUTES

OTHERS = 4_000_037  # a seed of flowers that no model has seen


@figure("asked-for", height=2.5, kind="png")
def asked_for(picture, look):
    """The ten classes, a latent vector a row."""
    gan = presets.load("conditional_gan_digits")
    latents = gan.latents(3, seed=4)
    named = {
        f"$z$ number {number + 1}": gan.draw(latent[None].repeat(10, 0), np.arange(10))
        for number, latent in enumerate(latents)
    }
    rows(picture.subplots(), look, named, columns=range(10))


@figure("translated", height=4.4, kind="png")
def translated(picture, look):
    """Outlines to flowers, nights to days and back, beside the truth."""
    num = 8
    pix2pix, cyclegan = (presets.load(f"{n}_flowers") for n in ("pix2pix", "cyclegan"))
    true = flowers(num, seed=OTHERS).images
    outlines = flower_outlines(num, seed=OTHERS)
    nights = flower_nights(num, seed=OTHERS)
    days = cyclegan.translate(nights)
    above, below = picture.subplots(2, 1, height_ratios=(3, 4))
    rows(
        above,
        look,
        {"outline": outlines, "painted": pix2pix.translate(outlines), "true": true},
    )
    rows(
        below,
        look,
        {
            "night": nights,
            "as a day": days,
            "and back": cyclegan.translate_back(days),
            "true day": true,
        },
    )


@figure("cycle", height=2.2)
def cycle(picture, look):
    """Two translators, two judges, and the way back."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)
    place(0.6, 1.5, "night", 0.8)
    place(1.95, 1.5, "$G$", 0.7, colour="C1")
    place(3.3, 1.5, "day?", 0.8)
    place(4.65, 1.5, "$G'$", 0.8, colour="C0")
    place(6.1, 1.5, "night again", 1.1)
    for start, end in ((1.0, 1.6), (2.3, 2.9), (3.7, 4.25), (5.05, 5.55)):
        go((start, 1.5), (end, 1.5))
    place(3.3, 0.45, "judge of days", 1.3, colour="C2")
    go((3.3, 1.25), (3.3, 0.7))
    axes.plot((0.6, 0.6, 6.1, 6.1), (1.75, 2.1, 2.1, 1.75), "--", c="C3", lw=1.2)
    axes.text(
        *(3.3, 2.1, " should be the same "), color="C3", ha="center", va="center"
    ).set_backgroundcolor(look.paper)


@figure("inverted", height=2.0, kind="png")
def inverted(picture, look):
    """Digits that a GAN has never seen, and what it draws for the vectors it finds."""
    gan = presets.load("dcgan_digits")
    real = digits()[1].images[:9]
    found = gan.draw(invert(gan, real, seed=0))
    rows(picture.subplots(), look, {"held-out digit": real, "found": found})


@figure("arithmetic", height=2.2, kind="png")
def arithmetic(picture, look):
    """Steps in the latent space of a VAE of flowers."""
    vae = presets.load("vae_flowers")
    known = flowers(4000, seed=1)
    codes = vae.encode(known.images)[0]
    few = vae.encode(flowers(9, seed=OTHERS).images)[0]
    named = {"restored": vae.decode(few)}
    for title, name, value in (
        ("+ at night", "background", "night"),
        ("+ yellow", "petal_colour", "yellow"),
    ):
        has = known.attributes[name] == ATTRIBUTES[name].index(value)
        named[title] = vae.decode(few + attribute_direction(codes, has))
    rows(picture.subplots(), look, named)
