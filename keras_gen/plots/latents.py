"""The two-dimensional latent space: what it decodes to, what is encoded where."""

import math

import numpy as np

from keras_gen.plots.axes import (
    COLOURS,
    DPI,
    FAMILY,
    MARKERS,
    ink_on,
    new_figure,
    style_axes,
)
from keras_gen.plots.checks import check_count, check_images


def latent_grid(tiles, extent: float, n: int, scale: float | None = None):
    """A decoded grid of a 2-D latent space, drawn with its axes.

    Args:
        tiles: `uint8` array `(n * h, n * w, c)`: z[0] grows to the right, z[1] grows
            upwards, both `linspace(-extent, extent, n)`.
        extent: latent coordinate of the centres of the outermost pictures.
        n: pictures a side.
        scale: screen pixels per pixel; by default the grid is about 850 wide.

    Returns:
        matplotlib figure.

    Raises:
        ValueError: where `n` does not divide the sides of `tiles`.

    Example:
        >>> figure = latent_grid(np.zeros((84, 84, 1), "uint8"), extent=2.0, n=3)
        >>> figure.axes[0].get_xlabel()
        'z[0]'
    """
    tiles = check_images(np.asarray(tiles)[None], "tiles")[0]
    height, width = tiles.shape[:2]
    if check_count(n, "n", 2) and (height % n or width % n):
        raise ValueError(f"n must divide the sides of tiles; got {n}, {tiles.shape}.")
    if not 0 < extent < math.inf:
        raise ValueError(f"extent must be positive; got {extent}.")
    scale = scale or max(1, round(850 / max(height, width)))
    wide, high = width * scale, height * scale
    left, below, rest = 104, 80, 18  # pixels for the axes' type and around
    figure = new_figure((wide + left + rest, high + below + rest), layout=None)
    total = figure.get_size_inches() * DPI
    # Whole pixels on both sides, so that every tile is shown without a blur.
    box = (left / total[0], below / total[1], wide / total[0], high / total[1])
    axes = figure.add_axes(box)
    edge = extent * n / (n - 1)  # half a tile beyond the outermost centres
    rgb = np.broadcast_to(tiles, (height, width, 3))
    axes.imshow(rgb, extent=(-edge, edge, -edge, edge), aspect="auto")
    axes.images[0].set_interpolation("nearest")
    style_axes(axes, "z[0]", "z[1]")
    return figure


def latent_map(z_mean, labels=None, class_names=None):
    """Encodings in a 2-D latent space, coloured by class, the classes written there.

    Args:
        z_mean: float array `(n, 2)`, the encoder's means.
        labels: integers `(n,)`, if the classes are known.
        class_names: one name a class; by default the numbers.

    Returns:
        matplotlib figure.

    Raises:
        ValueError: where the latent space has not two dimensions, or a label no name.

    Example:
        >>> figure = latent_map(np.eye(2), labels=[0, 1], class_names=["cat", "dog"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['cat', 'dog']
    """
    z_mean = np.asarray(z_mean)
    if z_mean.ndim != 2 or z_mean.shape[1] != 2 or not len(z_mean):
        raise ValueError(f"z_mean must have shape (n, 2), n > 0; got {z_mean.shape}.")
    figure = new_figure((1000, 860))
    axes = figure.add_subplot()
    if labels is None:
        axes.scatter(*z_mean.T, s=9, linewidths=0, alpha=0.7, color=COLOURS[0])
    else:
        _scatter_classes(axes, z_mean, np.asarray(labels), class_names)
    axes.set_aspect("equal", adjustable="datalim")
    style_axes(axes, "z[0]", "z[1]")
    return figure


def _scatter_classes(axes, points, labels, class_names):
    """Points in a mixed order, so that no class hides the others behind it."""
    if labels.shape != points.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {len(points)} integers; got {labels.dtype} {labels.shape}."
        )
    classes = np.unique(labels)
    names = np.arange(classes.max() + 1) if class_names is None else class_names
    if classes.min() < 0 or classes.max() >= len(names):
        raise ValueError(
            f"labels must be in [0, {len(names) - 1}], one class name each; "
            f"got {classes.min()} to {classes.max()}."
        )
    order = np.random.default_rng(0).permutation(len(points))
    colours = np.array(COLOURS)[labels % len(COLOURS)]
    for marker in range(len(MARKERS)):
        chosen = order[labels[order] // len(COLOURS) % len(MARKERS) == marker]
        style = {"s": 11, "linewidths": 0, "alpha": 0.75, "marker": MARKERS[marker]}
        if len(chosen):
            axes.scatter(*points[chosen].T, c=colours[chosen], **style)
    for label in classes:
        middle = np.median(points[labels == label], axis=0)
        colour = COLOURS[label % len(COLOURS)]
        box = {"boxstyle": "round,pad=0.3", "fc": colour, "ec": "white", "lw": 1.5}
        style = {"ha": "center", "va": "center", "fontsize": 10, "bbox": box}
        style |= {"color": ink_on(colour), "family": FAMILY, "fontweight": "bold"}
        axes.text(*middle, str(names[label]), **style)
