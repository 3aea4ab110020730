"""The figures of lecture 01: what is a picture, and the way between two of them."""

import functools

import numpy as np
from matplotlib import patheffects
from panels import arrow, board, box, rows
from style import figure

from keras_gen import presets
from keras_gen.data import digits
from keras_gen.plots.axes import COLOURS


@figure("four-ways", height=2.3, kind="png")
def four_ways(picture, look):
    """Random pixels, pixels of the right brightness each, a GAN's digits, real ones."""
    real = digits()[0].images
    rng = np.random.default_rng(0)
    shape, num = real.shape[1:], 9
    # Each pixel of a picture of its own: the right histogram everywhere.
    which = rng.integers(0, len(real), (num, *shape))
    alone = np.take_along_axis(real, which, axis=0)
    named = {
        "any grey values": rng.integers(0, 256, (num, *shape)),
        "each pixel by itself": alone,
        "a generator (GAN)": presets.load("dcgan_digits").generate(num, seed=3),
        "real digits": real[:num],
    }
    rows(picture.subplots(), look, named)


@functools.cache
def the_plane():
    """The test digits' places in the latent plane, two of them, and the decoder."""
    vae = presets.load("vae_digits")
    _, test = digits()
    codes = vae.encode(test.images)[0]
    chosen = [np.flatnonzero(test.labels == digit)[number] for digit, number in ENDS]
    return vae, test, codes, chosen


ENDS = ((6, 0), (7, 4))  # which digit, and which of its pictures
STEPS = 9


@figure("two-ways", height=4.6, kind="png")
def two_ways(picture, look):
    """From one digit to another: a straight line of pixels, and one of codes."""
    vae, test, codes, (first, second) = the_plane()
    plane, strips = picture.subplots(2, 1, height_ratios=(2.5, 1))
    colours = [COLOURS[digit] for digit in test.labels]
    plane.scatter(*codes.T, s=7, c=colours, linewidths=0, alpha=0.8)
    halo = [patheffects.withStroke(linewidth=2.5, foreground=look.paper)]
    for digit in range(10):
        middle = np.median(codes[test.labels == digit], axis=0)
        words = plane.text(*middle, str(digit), fontsize=13, weight="bold")
        words.set(ha="center", va="center", path_effects=halo)
    way = np.linspace(codes[first], codes[second], STEPS)
    plane.plot(*way.T, "o-", c=look.ink, ms=4, lw=1.2)
    plane.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal", ylim=(-2.7, 3.2))
    shares = np.linspace(0, 1, STEPS).reshape(-1, 1, 1, 1)
    ends = test.images[[first, second]].astype("float32")
    pixels = np.rint((1 - shares) * ends[0] + shares * ends[1]).astype("uint8")
    named = {"in pixel space": pixels, "in latent space": vae.decode(way)}
    rows(strips, look, named)


@figure("families", height=3.7)
def families(picture, look):
    """What the four families train, and how each draws."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)

    def title(y, name, words):
        axes.text(0.1, y, name, weight="bold", va="center")
        axes.text(0.1, y - 0.2, words, va="center", fontsize=8)

    title(3.3, "VAE", "codes of Gaussian shape")
    place(2.6, 3.2, "$x$", 0.5)
    place(3.6, 3.2, "encoder", colour="C0")
    place(4.7, 3.2, "$z$", 0.5)
    place(5.75, 3.2, "decoder", colour="C1")
    place(6.8, 3.2, "$\\hat x$", 0.5)
    for start, end in ((2.85, 3.1), (4.1, 4.45), (4.95, 5.25), (6.25, 6.55)):
        go((start, 3.2), (end, 3.2))

    title(2.4, "GAN", "a judge that is to be fooled")
    place(2.6, 2.3, "$z$", 0.5)
    place(3.6, 2.3, "generator", colour="C1")
    place(4.7, 2.3, "$\\hat x$", 0.5)
    place(5.75, 2.3, "discrimi-\nnator", colour="C2")
    axes.text(6.45, 2.3, "real?", va="center")
    for start, end in ((2.85, 3.1), (4.1, 4.45), (4.95, 5.25), (6.25, 6.43)):
        go((start, 2.3), (end, 2.3))

    title(1.5, "Diffusion", "noise, removed in steps")
    for x, words in ((2.6, "$x_1$"), (4.7, "$x_t$"), (6.8, "$x_0$")):
        place(x, 1.4, words, 0.5)
    for x in (3.65, 5.75):
        place(x, 1.4, "U-Net", colour="C1")
        go((x - 0.8, 1.4), (x - 0.5, 1.4))
        axes.text(x + 0.56, 1.4, "…", va="center")
        go((x + 0.68, 1.4), (x + 0.8, 1.4))

    title(0.6, "Autoregressive", "one pixel or token a step")
    for i in range(6):
        place(2.5 + 0.42 * i, 0.5, "", 0.36, 0.36)
    place(5.75, 0.5, "network", colour="C1")
    place(6.8, 0.5, "next", 0.5)
    go((4.8, 0.5), (5.25, 0.5))
    go((6.25, 0.5), (6.55, 0.5))
