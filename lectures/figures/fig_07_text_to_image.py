"""The figures of lecture 07: from a prompt to a picture, and between two prompts."""

import functools
import itertools
import textwrap

import numpy as np
from matplotlib import patheffects
from panels import arrow, board, box, rows
from style import figure

from keras_gen import presets
from keras_gen.data.captions import ATTRIBUTES, PHRASES
from keras_gen.data.flower_drawing import BOTTOM, PETAL, TOP
from keras_gen.text import interpolate_prompts

PROMPTS = (
    "a large red flower with five round petals, at sunset",
    "six white petals around a yellow centre, in the grass",
    "a small purple flower on the left, under the stars",
    "three heart-shaped orange petals, against the blue sky",
    "eight pointed blue petals, on the beach",
    "a turquoise flower at the top, in front of a stone wall",
)
WAYS = {  # title -> two prompts
    "colour, ground": (
        "a red flower, in a green meadow",
        "a blue flower, on the beach",
    ),
    "size, place": (
        "a small white flower on the left, at sunset",
        "a large flower on the right",
    ),
    "number, shape": ("three pointed yellow petals", "eight round yellow petals"),
}
STEPS = 9


@functools.cache
def the_model():
    """The preset that draws for prompts."""
    return presets.load("text_to_image_flowers_32")


@figure("prompts", height=3.0, kind="png")
def prompts(picture, look):
    """Six prompts, two pictures of each."""
    pair = [the_model().generate(PROMPTS, seed=seed) for seed in (0, 1)]
    columns = [textwrap.fill(prompt, 16) for prompt in PROMPTS]
    axes = picture.subplots()
    rows(axes, look, {"first noise": pair[0], "second noise": pair[1]}, columns)
    axes.tick_params(axis="x", labelsize=8)


@figure("text-to-picture", height=2.9)
def text_to_picture(picture, look):
    """What a prompt becomes on its way into the U-Net."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)
    place(0.85, 2.4, "“six white\npetals”", 1.3, 0.6)
    place(2.5, 2.4, "tokens\n(48,)", 1.1, 0.6)
    place(4.1, 2.4, "RoBERTa", 1.2, 0.6, colour="C0")
    place(5.95, 2.4, "a vector a token\n(48, 128)", 1.5, 0.6)
    for start, end in ((1.5, 1.95), (3.05, 3.5), (4.7, 5.2)):
        go((start, 2.4), (end, 2.4))
    place(5.95, 1.4, "their mean\n(128,)", 1.5, 0.6)
    go((5.95, 2.1), (5.95, 1.7))
    place(0.85, 0.45, "noise\n(32, 32, 3)", 1.3, 0.6)
    place(3.4, 0.45, "U-Net", 1.4, 0.6, colour="C1")
    place(5.95, 0.45, "picture\n(32, 32, 3)", 1.5, 0.6)
    go((1.5, 0.45), (2.7, 0.45))
    go((4.1, 0.45), (5.2, 0.45), "20 steps")
    axes.plot((5.2, 5.0, 5.0), (2.25, 2.25, 1.75), c=look.ink, lw=1.2)
    axes.plot((5.0, 3.2), (1.75, 1.75), c=look.ink, lw=1.2)
    go((3.2, 1.75), (3.2, 0.75))
    axes.text(3.1, 1.5, "cross-attention", ha="right", va="center", fontsize=8)
    axes.plot((5.2, 3.6), (1.4, 1.4), c=look.ink, lw=1.2)
    go((3.6, 1.4), (3.6, 0.75))
    axes.text(3.7, 1.05, "scale and shift", va="center", fontsize=8)


@figure("negative", height=2.2, kind="png")
def negative(picture, look):
    """A prompt that leaves the background open, without and with a negative prompt."""
    prompt = (
        "a large flower with five round blue petals and a white centre, in the middle"
    )
    named = {}
    for words in ("", "in the grass", "under the stars"):
        inputs = {"prompts": [prompt] * STEPS}
        if words:
            inputs["negative_prompts"] = words
        how = {"sampler": "dpm_solver", "spacing": "log_snr"}
        drawn = the_model().generate(inputs, num_steps=10, seed=0, **how)
        named[f"not “{words}”" if words else "no negative"] = drawn
    rows(picture.subplots(), look, named)


@figure("arc", height=2.9)
def arc(picture, look):
    """A straight line and an arc between two vectors, and their lengths on the way."""
    plane, lengths = picture.subplots(1, 2, width_ratios=(1, 1.2))
    ends = np.radians((12, 118))
    angles = np.linspace(*ends, 60)
    first, second = (np.array([np.cos(a), np.sin(a)]) for a in ends)
    for end, words in ((first, "$v_1$"), (second, "$v_2$")):
        arrow(plane, look, (0, 0), end)
        plane.text(*(end * 1.12), words, ha="center", va="center", fontsize=12)
    plane.plot(*np.transpose([first, second]), c="C1")
    plane.plot(np.cos(angles), np.sin(angles), c="C0")
    shares = np.linspace(0, 1, 6)[1:-1]
    spots = first + shares[:, None] * (second - first)
    plane.plot(*spots.T, "o", c="C1")
    spots = ends[0] + shares * (ends[1] - ends[0])
    plane.plot(np.cos(spots), np.sin(spots), "o", c="C0")
    plane.set(xlim=(-0.75, 1.25), ylim=(-0.1, 1.25), aspect="equal")
    plane.axis("off")

    start, end = the_model().encoder.embed(WAYS["colour, ground"], pooled=True)
    shares = np.linspace(0, 1, 33)
    on_arc = np.asarray(interpolate_prompts(start, end, len(shares)))
    on_line = np.linspace(start, end, len(shares))
    for points, colour, words, above in (
        (on_arc, "C0", "along the arc", 0.15),
        (on_line, "C1", "along the line", -0.35),
    ):
        size = np.linalg.norm(points, axis=1)
        lengths.plot(shares, size, c=colour)
        lengths.text(0.5, size[16] + above, words, color=colour, ha="center")
    lengths.set(xlabel="$t$", ylabel="length of the embedding", xlim=(0, 1))
    lengths.set(ylim=(4.5, 8.2))


@figure("morph", height=2.3, kind="png")
def morph(picture, look):
    """Three ways from prompt to prompt, each of one noise."""
    named = {
        title: the_model().morph(*ends, num=STEPS, seed=seed)
        for (title, ends), seed in zip(WAYS.items(), (2, 5, 4), strict=True)
    }
    shares = [f"t = {share:.3g}" for share in np.linspace(0, 1, STEPS)]
    rows(picture.subplots(), look, named, shares)


@figure("embeddings", height=3.3, kind="png")
def embeddings(picture, look):
    """Mean embeddings of prompts, in the planes in which colours and grounds differ."""
    names = {name: ATTRIBUTES[name] for name in ("petal_colour", "background")}
    texts, groups = [], {name: [] for name in names}
    for colour, ground in itertools.product(*map(range, map(len, names.values()))):
        for words in PHRASES["background"][names["background"][ground]][:2]:
            texts.append(f"a {names['petal_colour'][colour]} flower, {words}")
            groups["petal_colour"].append(colour)
            groups["background"].append(ground)
    vectors = the_model().encoder.embed(texts, pooled=True)
    halo = [patheffects.withStroke(linewidth=2.5, foreground=look.paper)]
    for axes, name, title, tints in zip(
        picture.subplots(1, 2),
        names,
        ("by petal colour", "by background"),
        (PETAL.T, (TOP + BOTTOM).T / 2),
        strict=True,
    ):
        group = np.array(groups[name])
        means = np.stack(
            [vectors[group == g].mean(axis=0) for g in range(group.max() + 1)]
        )
        centre = means.mean(axis=0)
        plane = np.linalg.svd(means - centre, full_matrices=False)[2][:2].T
        for number, value in enumerate(names[name]):
            points = (vectors[group == number] - centre) @ plane
            axes.plot(*points.T, "o", ms=5, c=tints[number], mec=look.ink, mew=0.3)
            above = -1 if number % 2 else 1  # so that fewer names meet
            words = axes.annotate(
                value,
                points.mean(axis=0),
                (0, 6 * above),
                textcoords="offset points",
                fontsize=8,
            )
            words.set(ha="center", va="center", path_effects=halo)
        axes.set(title=title, xticks=(), yticks=())
        axes.margins(0.12)
