"""Pictures in rows and columns: grids, strips, pairs, moments of a process."""

import math

import numpy as np

from keras_gen.plots.checks import check_count, check_images, check_texts
from keras_gen.plots.layout import enlarge, fitting_scale, sheet


def grid(
    images,
    columns: int | None = None,
    padding: int = 2,
    scale: float | None = None,
    labels=None,
    smooth: bool = False,
):
    """A tidy grid of pictures, enlarged so that small ones can be seen.

    Args:
        images: `uint8` array `(n, h, w, c)`, 1 or 3 channels.
        columns: pictures a row; by default nearly a square with few empty places.
        padding: white pixels around and between the pictures.
        scale: enlargement; a whole number repeats pixels. By default about 112 pixels
            a picture, less where the sheet would be wider than 1,600 pixels.
        labels: one text (or number) a picture, written below it.
        smooth: enlarge smoothly instead of repeating pixels.

    Returns:
        PIL image, mode L for one channel and RGB for three.

    Raises:
        ValueError: for floats, a wrong shape, or another number of labels.

    Example:
        >>> grid(np.zeros((4, 28, 28, 1), "uint8"), scale=1).size
        (62, 62)
    """
    images = check_images(images)
    columns = _columns(len(images)) if columns is None else columns
    columns = min(check_count(columns, "columns", 1), len(images))
    padding = check_count(padding, "padding", 0)
    captions = () if labels is None else check_texts(labels, len(images), "labels")
    tiles = _tiles(images, columns, padding, scale, smooth)
    return sheet(tiles, columns, padding, captions)


def captioned_grid(
    images,
    captions,
    columns: int = 4,
    scale: float | None = None,
    smooth: bool = True,
):
    """Pictures with their prompts below, wrapped, in type that can be read.

    Args:
        images: `uint8` array `(n, h, w, c)`.
        captions: one text a picture; six lines are shown at most.
        columns: pictures a row.
        scale: enlargement; by default about 224 pixels a picture.
        smooth: enlarge smoothly; `False` repeats pixels, as the other grids do.

    Returns:
        PIL image.

    Example:
        >>> picture = captioned_grid(np.zeros((2, 32, 32, 3), "uint8"), ["a", "b"])
        >>> picture.width
        496
    """
    images = check_images(images)
    captions = check_texts(captions, len(images), "captions")
    columns = min(check_count(columns, "columns", 1), len(images))
    tiles = _tiles(images, columns, 16, scale, smooth, tile=224)
    return sheet(tiles, columns, 16, captions, size=15)


def pairs(
    originals,
    reconstructions,
    columns: int | None = None,
    titles: tuple[str, str] = ("original", "reconstruction"),
):
    """Originals above their reconstructions, in strips of two rows.

    Args:
        originals: `uint8` array `(n, h, w, c)`.
        reconstructions: the same shape.
        columns: pairs a strip; by default at most ten.
        titles: what stands at the left of the two rows.

    Returns:
        PIL image.

    Raises:
        ValueError: where the two arrays differ in shape.

    Example:
        >>> digits = np.zeros((3, 28, 28, 1), "uint8")
        >>> pairs(digits, digits, titles=("before", "after")).height
        230
    """
    originals = check_images(originals, "originals")
    reconstructions = check_images(reconstructions, "reconstructions")
    if originals.shape != reconstructions.shape:
        raise ValueError(
            "originals and reconstructions must have one shape; got "
            f"{originals.shape} and {reconstructions.shape}."
        )
    count = len(originals)
    columns = math.ceil(count / math.ceil(count / 10)) if columns is None else columns
    columns = min(check_count(columns, "columns", 1), count)
    strips = math.ceil(count / columns)
    both = np.stack([originals, reconstructions])
    empty = strips * columns - count  # the last strip is filled with white pictures
    both = np.pad(both, ((0, 0), (0, empty), *[(0, 0)] * 3), constant_values=255)
    both = both.reshape(2, strips, columns, *both.shape[2:]).swapaxes(0, 1)
    tiles = _tiles(both.reshape(-1, *both.shape[3:]), columns + 1, 2, None, False)
    return sheet(tiles, columns, 2, titles=[*titles] * strips, group=2)


def strip(images, labels=None, scale: float | None = None, smooth: bool = False):
    """One row of pictures: an interpolation, or reverse diffusion step by step.

    Args:
        images: `uint8` array `(n, h, w, c)`, from left to right.
        labels: one text (or number) a picture, such as the step or the noise rate;
            a line break in it is kept.
        scale: enlargement; as in `grid`.
        smooth: as in `grid`.

    Returns:
        PIL image.

    Example:
        >>> strip(np.zeros((5, 28, 28, 1), "uint8"), scale=1).size
        (152, 32)
    """
    images = check_images(images)
    return grid(images, len(images), scale=scale, labels=labels, smooth=smooth)


def trajectory(frames, columns: int = 8, labels=None, titles=None):
    """The reverse process: a row for each picture, a column for each moment.

    Args:
        frames: `uint8` array `(steps, n, h, w, c)`, from noise to picture.
        columns: moments to show, evenly spaced, the first and the last included.
        labels: one text (or number) a step, shown below its column.
        titles: one text a picture, at the left of its row.

    Returns:
        PIL image.

    Example:
        >>> trajectory(np.zeros((21, 3, 28, 28, 1), "uint8"), columns=5).size
        (572, 344)
    """
    frames = check_images(frames, "frames", rank=5)
    steps, count = frames.shape[:2]
    columns = min(check_count(columns, "columns", 1), steps)
    # Counted from the end, so that one column is the finished picture.
    moments = steps - 1 - np.rint(np.linspace(0, steps - 1, columns)).astype(int)[::-1]
    captions = []
    if labels is not None:
        labels = check_texts(labels, steps, "labels")
        captions = [""] * ((count - 1) * columns) + [labels[m] for m in moments]
    titles = () if titles is None else check_texts(titles, count, "titles")
    rows = frames[moments].swapaxes(0, 1)
    tiles = _tiles(rows.reshape(-1, *frames.shape[2:]), columns, 2, None, False)
    return sheet(tiles, columns, 2, captions, titles)


def _tiles(images, columns, padding, scale, smooth, **options):
    if scale is None:
        scale = fitting_scale(images.shape, columns, padding, **options)
    return enlarge(images, scale, smooth)


def _columns(count: int) -> int:
    """The most nearly square layout among those with the fewest empty places."""
    root = math.sqrt(count)
    return min(range(math.ceil(root), int(1.75 * root) + 1), key=lambda c: -count % c)
