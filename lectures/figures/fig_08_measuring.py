"""The figures of lecture 08: what measures compare, what they see, and chance."""

import sys

import numpy as np
from matplotlib.patches import Circle, Ellipse
from panels import rows
from style import FOLDER, figure

from keras_gen import DiffusionModel, metrics
from keras_gen.data import digits, flowers

sys.path.append(str(FOLDER.parents[1] / "benchmarks"))  # what is drawn is measured


@figure("two-sets", height=2.7)
def two_sets(picture, look):
    """A distance of means and covariances, what it misses, and balls around points."""
    rng = np.random.default_rng(4)
    left, middle, right = picture.subplots(1, 3)
    shapes = np.array([[0.8, 0.5], [0.0, 0.45]]), np.array([[0.5, -0.3], [0.0, 0.5]])
    real = rng.standard_normal((32, 2)) @ shapes[0]
    drawn = rng.standard_normal((32, 2)) @ shapes[1] + (2.4, 0.5)
    for number, points in enumerate((real, drawn)):
        left.scatter(*points.T, s=7, alpha=0.7, color=f"C{number}", linewidths=0)
        left.add_patch(_spread(points, f"C{number}"))
    distance = metrics.frechet_distance(real, drawn)
    left.set(title="Means and covariances", xlabel=f"Fréchet distance {distance:.1f}")

    angles = 2 * np.pi * np.arange(32) / 32
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.sqrt(2)
    cloud = rng.standard_normal((32, 2))
    cloud = (cloud - cloud.mean(axis=0)) @ np.linalg.inv(_root(np.cov(cloud.T)))
    for number, points in enumerate((ring, cloud)):
        middle.scatter(*points.T, s=7, alpha=0.7, color=f"C{number}", linewidths=0)
        middle.add_patch(_spread(points, f"C{number}", "-" if number else "--"))
    distance = metrics.frechet_distance(ring, cloud)
    middle.set(title="… and what they miss", xlabel=f"Fréchet distance {distance:.1f}")

    some = real[:18] * 1.3
    made = np.concatenate([some[:6] + 0.16, [(1.9, -1.0), (2.1, 1.5), (-2.9, 1.9)]])
    apart = np.linalg.norm(some[:, None] - some, axis=-1)
    for point, radius in zip(some, np.sort(apart, axis=1)[:, 2], strict=True):
        right.add_patch(Circle(point, radius, fc="C0", alpha=0.1, lw=0))
    right.scatter(*some.T, s=9, color="C0", linewidths=0)
    right.scatter(*made.T, s=22, color="C1", marker="x", lw=1.4)
    share = metrics.precision_recall(some, made, neighbours=2).precision
    label = f"precision {share * len(made):.0f} of {len(made)}"
    right.set(title="Neighbourhoods (k = 2)", xlabel=label)
    left.legend(handles=left.collections, labels=["real", "generated"], fontsize=8)
    for axes in (left, middle, right):
        axes.set(xticks=[], yticks=[], aspect="equal", ylim=(-2.8, 2.8))
        axes.spines[:].set_visible(False)
    left.set(xlim=(-2.4, 4.2))
    middle.set(xlim=(-3.3, 3.3))
    right.set(xlim=(-3.3, 3.3))


def _root(covariance):
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values)) @ vectors.T


def _spread(points, colour, style="-"):
    """The ellipse of two standard deviations."""
    values, vectors = np.linalg.eigh(np.cov(points.T))
    width, height = 4 * np.sqrt(values)
    angle = np.degrees(np.arctan2(*vectors[::-1, 0]))
    return Ellipse(
        points.mean(axis=0), width, height, angle=angle, fill=False, ec=colour, ls=style
    )


@figure("spoilt", height=4.2, width=6.2, kind="png")
def spoilt(picture, look):
    """Real flowers, spoilt in one way each, and what three models draw."""
    import judges

    shown = slice(2, 9)  # one picture of rubbish among them
    sets = judges.spoilt(flowers(60, seed=1)) | judges.drawn(shown.stop)
    named = {title.strip("`"): images[shown] for title, images in sets.items()}
    rows(picture.subplots(), look, named)


@figure("sample-size", height=2.6)
def sample_size(picture, look):
    """Distances of two sets of real flowers, which should be 0, over their size."""
    import judges

    found = judges.between_real()
    sizes = np.array(list(found))
    values = np.stack(list(found.values()))  # (sizes, repeats, 2)
    left, right = picture.subplots(1, 2)
    for axes, which in ((left, 0), (right, 1)):
        means, spread = values[..., which].mean(1), values[..., which].std(1, ddof=1)
        axes.errorbar(sizes, means, spread, fmt="o", ms=4, lw=1.2, color=f"C{which}")
        axes.set(xscale="log", xlabel="pictures in each set")
        axes.set_xticks(sizes, sizes, fontsize=7)
        axes.minorticks_off()
    left.plot(sizes, values[-1, :, 0].mean() * sizes[-1] / sizes, lw=1, c=look.faint)
    left.set(yscale="log", title="Fréchet distance: too large")
    left.set_yticks([10, 30, 100, 300], [10, 30, 100, 300])
    right.axhline(0, color=look.faint, lw=1)
    right.set(title="Kernel distance: right on average")


@figure("nearest", height=1.8, kind="png")
def nearest(picture, look):
    """Generated digits, above the training digits that are nearest to them."""
    train, test = digits()
    how = {"sampler": "dpm_solver", "spacing": "log_snr"}
    model = DiffusionModel.from_preset("diffusion_digits")
    made = model.generate(5, 10, seed=1, **how)
    shown = np.concatenate([made, test.images[:4], train.images[70:72]])
    found = metrics.nearest_neighbours(shown, train.images)
    near = train.images[found.indices[:, 0]]
    named = {"picture": shown, "nearest in\ntraining": near}
    kinds = ["drawn"] * 5 + ["held out"] * 4 + ["copied"] * 2
    each = zip(found.distances[:, 0], kinds, strict=True)
    texts = [f"{distance:.2f}\n{kind}" for distance, kind in each]
    rows(picture.subplots(), look, named, texts)
