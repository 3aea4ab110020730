"""The figures of lecture 02: a VAE's parts, its latent plane, what it restores."""

import functools

import numpy as np
from matplotlib.patches import Circle, Ellipse
from panels import arrow, board, box, rows
from style import figure

from keras_gen import latent_grid, presets
from keras_gen.data import digits, flowers
from keras_gen.plots.axes import COLOURS


@figure("vae-parts", height=2.75)
def vae_parts(picture, look):
    """What goes into what, with the shapes, and where the two losses are."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)
    y = 1.75
    place(0.45, y, "$x$\n28×28×1", 0.75, 0.62)
    place(1.55, y, "encoder", 0.95, 0.62, "C0")
    place(2.75, y + 0.5, "$\\mu$", 0.6, 0.42)
    place(2.75, y - 0.5, "$\\log \\sigma^2$", 0.6, 0.42)
    place(3.85, y, "sampler", 0.9, 0.62, "C3")
    place(4.85, y, "$z$", 0.5, 0.62)
    place(5.8, y, "decoder", 0.95, 0.62, "C1")
    place(6.75, y, "$\\hat x$\n28×28×1", 0.75, 0.62)
    for start, end in ((0.83, 1.07), (4.31, 4.59), (5.11, 5.31), (6.29, 6.37)):
        go((start, y), (end, y))
    for side in (1, -1):
        go((2.03, y + 0.1 * side), (2.44, y + 0.5 * side))
        go((3.06, y + 0.5 * side), (3.39, y + 0.15 * side))
    axes.text(3.85, y + 0.75, "$\\epsilon \\sim N(0, I)$", ha="center")
    go((3.85, y + 0.67), (3.85, y + 0.32))
    words = {"color": "C2", "ha": "center", "va": "center"}
    go((2.75, y - 0.72), (2.75, 0.84), colour="C2", style="--")
    axes.text(
        2.75, 0.72, "KL divergence of $N(\\mu, \\sigma^2)$ from $N(0, I)$", **words
    )
    axes.plot((0.45, 0.45, 6.75, 6.75), (1.43, 0.25, 0.25, 1.43), "--", c="C2", lw=1.2)
    axes.text(3.6, 0.25, " reconstruction loss ", backgroundcolor=look.paper, **words)


@figure("latent-plane", height=3.5, kind="png")
def latent_plane(picture, look):
    """Where the encoder puts digits, as Gaussians, and what the decoder makes of it."""
    vae = presets.load("vae_digits")
    _, test = digits()
    clouds, drawn = picture.subplots(1, 2)
    z_mean, z_log_var = vae.encode(test.images)
    for middle, log_var, label in zip(z_mean, z_log_var, test.labels, strict=True):
        size = 2 * np.exp(0.5 * log_var)
        clouds.add_patch(
            Ellipse(middle, *size, facecolor=COLOURS[label], alpha=0.35, lw=0)
        )
    clouds.add_patch(Circle((0, 0), 2, fill=False, ls="--", ec=look.ink, lw=1))
    clouds.set(xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), title="encoder: a cloud a picture")
    n, extent = 11, 2.0
    edge = extent * n / (n - 1)
    grid = np.rint(255 * latent_grid(vae.decoder, n, extent))
    drawn.imshow(grid[..., 0], extent=(-edge, edge, -edge, edge))
    drawn.set(title="decoder: a picture at each point")
    for axes in (clouds, drawn):
        axes.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")


@figure("blurred", height=2.3, kind="png")
def blurred(picture, look):
    """Flowers, what a VAE of 64 dimensions restores of them, and what it draws."""
    vae = presets.load("vae_flowers")
    real = flowers(9, seed=5).images
    named = {
        "flowers": real,
        "restored": vae.reconstruct(real),
        "drawn from $N(0, I)$": vae.generate(9, seed=0),
    }
    rows(picture.subplots(), look, named)
