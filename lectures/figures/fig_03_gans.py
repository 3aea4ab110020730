"""The figures of lecture 03: the game, its losses, and what goes wrong on a ring."""

import csv
import functools
import sys

import keras
import numpy as np
from keras import ops
from panels import arrow, board, box
from style import FOLDER, figure

from keras_gen.gans.losses import LOSSES
from keras_gen.shelf import FOLDER as PRESETS

sys.path.append(str(FOLDER.parent.parent / "benchmarks"))
import ring  # noqa: E402


@figure("gan-game", height=2.6)
def gan_game(picture, look):
    """The two players, and where a gradient may pass."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)
    place(0.4, 0.75, "$z$", 0.5)
    place(1.55, 0.75, "generator\n$G$", 1.05, 0.6, "C1")
    place(2.7, 0.75, "$\\hat x$", 0.5)
    place(2.7, 2.05, "$x$, real", 0.85)
    place(4.35, 1.7, "discriminator\n$D$", 1.3, 0.7, "C2")
    place(4.35, 0.55, "the same $D$,\nheld constant", 1.3, 0.7)
    place(6.35, 1.7, "discriminator\nloss", 1.3, 0.6)
    place(6.35, 0.55, "generator\nloss", 1.3, 0.6)
    go((0.65, 0.75), (1.02, 0.75))
    go((2.08, 0.75), (2.45, 0.75))
    go((3.13, 2.05), (3.7, 1.85))
    go((2.86, 1.0), (3.7, 1.55))
    go((2.95, 0.7), (3.7, 0.58), colour="C1")
    go((5.0, 1.7), (5.7, 1.7), "logits", colour="C2")
    go((5.0, 0.55), (5.7, 0.55), "logits", colour="C1")
    # The gate: fakes reach the discriminator, its gradient does not come back.
    axes.plot((3.16, 3.34), (1.37, 1.13), c="C2", lw=3)
    axes.text(2.62, 1.38, "no gradient\nto $G$", color="C2", fontsize=8, ha="center")
    axes.text(4.35, 0.06, "no gradient to $D$", color="C1", fontsize=8, ha="center")


@figure("gan-losses", height=2.9)
def gan_losses(picture, look):
    """What the generator pays for a logit, and how steep it is there."""
    logits = np.linspace(-8, 4, 241).astype("float32")
    pays, slope = picture.subplots(1, 2)
    for name, label, dash in (
        ("minimax", "minimax", "--"),
        ("non_saturating", "non-saturating", "-"),
        ("least_squares", "least squares", "-"),
        ("wasserstein", "hinge, Wasserstein", "-."),
    ):
        paid = LOSSES[name].generator(ops.convert_to_tensor(logits))
        paid = ops.convert_to_numpy(paid)
        pays.plot(logits, paid, dash, label=label)
        slope.plot(logits, -np.gradient(paid, logits), dash)
    pays.set(title="the generator's loss", ylim=(-6, 10))
    slope.set(title="how much it pulls the logit up", ylim=(-1.5, 3))
    slope.axhline(0, c=look.faint, lw=1, zorder=0)
    for axes in (pays, slope):
        axes.set_xlabel("logit of a generated picture")
    picture.legend(loc="outside lower center", ncols=4)


@functools.cache
def drawn_on_the_ring():
    """Points of GANs that were trained on the ring, by what was done."""
    found = {}
    weak, strong = {"rate": 5e-4}, {"rate": 2e-4, "critic_rate": 4e-3}
    for title, how, training in (
        ("no penalty", {}, weak),
        ("R1 of 0.1", {"r1": 0.1}, weak),
        ("discriminator 20 times as fast", {}, strong),
        ("... as a WGAN-GP", ring.WGAN, strong),
    ):
        gan = ring.made(0, **how)
        ring.train(gan, ring.STEPS, 0, **training)
        points = gan.generate(ring.DRAWN, seed=0)
        found[title] = (points, *ring.found(points))
        keras.backend.clear_session()
    return found


@figure("ring", height=2.2, kind="png")
def what_goes_wrong(picture, look):
    """What GANs draw of eight Gaussians, well trained and badly."""
    panels = picture.subplots(1, 4)
    for axes, (title, drawn) in zip(panels, drawn_on_the_ring().items(), strict=True):
        points, modes, _ = drawn
        axes.scatter(*ring.centres().T, s=260, c=look.faint, alpha=0.5, lw=0)
        axes.scatter(*points[:600].T, s=2, c="C0", lw=0)
        axes.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")
        axes.set_title(f"{title}\n{modes} of 8 modes", fontsize=8)
        axes.set_axis_off()


@figure("duel-curves", height=2.7)
def duel_curves(picture, look):
    """The losses and the judge's accuracy of a training that went well."""
    with open(PRESETS / "dcgan_digits" / "log.csv", encoding="utf-8") as lines:
        log = list(csv.DictReader(lines))
    losses, share = picture.subplots(1, 2)
    epochs = np.arange(1, len(log) + 1)
    for axes, names in (
        (losses, ("discriminator_loss", "generator_loss")),
        (share, ("real_accuracy", "fake_accuracy")),
    ):
        for name in names:
            axes.plot(epochs, [float(row[name]) for row in log], label=name, lw=1.5)
        axes.set(xlabel="epoch", xlim=(0, len(log)))
        axes.legend(loc="lower right")
    losses.set(title="losses", ylim=(0, None))
    share.set(title="told right by the discriminator", ylim=(0, 1))
