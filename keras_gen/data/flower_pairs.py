"""Two pictures of each flower: its outline for `Pix2Pix`, its night for `CycleGAN`.

Both are computed from the drawn flower, so that the truth is known: what a model makes
of an outline or a night can be compared with the flower that it came from.
"""

import numpy as np

from keras_gen.data.flowers import flower_masks, flowers

STEP = 48.0  # of a colour, 0 to 255, at and above which a line is drawn in full
DARKNESS = (0.35, 0.4, 0.65)  # of red, green and blue by moonlight
GREYNESS = 0.5  # colours are hard to see at night
SEED_OF_OTHERS = 4_000_037  # to be added, for flowers that no model was trained on
STARS = 0.01  # of the pixels that are not the blossom


def outlines(images: np.ndarray) -> np.ndarray:
    """Draw pictures with coloured pencils: lines where colours change, white elsewhere.

    Each line has the colours on both of its sides, so that the colours within can be
    told from it.

    Args:
        images: uint8 `(num, height, width, channels)`.

    Returns:
        uint8 array of the same shape.

    Example:

    >>> halves = np.array([0, 0, 200, 200], "uint8").reshape(1, 1, 4, 1)
    >>> outlines(halves).ravel().tolist()
    [255, 0, 200, 255]
    """
    x = images.astype("float32")
    steps = np.zeros(x.shape[:-1], "float32")
    for axis in (1, 2):
        change = np.abs(np.diff(x, axis=axis)).max(axis=-1)
        for before in (0, 1):  # a step is drawn on both of its sides
            pad = [(0, 0)] * 3
            pad[axis] = (before, 1 - before)
            steps = np.maximum(steps, np.pad(change, pad))
    line = np.clip(2.0 * steps / STEP - 1.0, 0.0, 1.0)[..., None]
    return np.rint(255.0 + line * (x - 255.0)).astype("uint8")


def flower_outlines(
    num: int, image_size: int = 32, seed: int = 0, held_out: bool = False
) -> np.ndarray:
    """Return the outlines of `flowers` (same arguments).

    Args:
        num: Number of pictures, 0 or more.
        image_size: Height and width in pixels, at least 16.
        seed: 0 or more.
        held_out: As in `flowers`.

    Returns:
        uint8 `(num, image_size, image_size, 3)`, as `outlines` makes them.

    Raises:
        ValueError: If `num`, `image_size` or `seed` is not such an integer.

    Example:

    >>> flower_outlines(2, image_size=16).shape
    (2, 16, 16, 3)
    """
    return outlines(flowers(num, image_size, seed, held_out).images)


def flower_nights(
    num: int, image_size: int = 32, seed: int = 0, held_out: bool = False
) -> np.ndarray:
    """Return `flowers` (same arguments) by night: dark, blue, less colourful, stars.

    Args:
        num: Number of pictures, 0 or more.
        image_size: Height and width in pixels, at least 16.
        seed: 0 or more.
        held_out: As in `flowers`.

    Returns:
        uint8 `(num, image_size, image_size, 3)`.

    Raises:
        ValueError: If `num`, `image_size` or `seed` is not such an integer.

    Example:

    >>> day, night = flowers(8).images, flower_nights(8)
    >>> bool(night.mean() < day.mean() / 2)
    True
    """
    day = flowers(num, image_size, seed, held_out).images.astype("float32")
    blossom = flower_masks(num, image_size, seed, held_out)
    grey = day.mean(axis=-1, keepdims=True)
    night = (day + GREYNESS * (grey - day)) * np.array(DARKNESS, "float32")
    rng = np.random.Generator(np.random.PCG64([int(held_out), 6, seed]))
    stars = rng.random((num, image_size, image_size, 1)) < STARS
    night = np.where(stars & (blossom == 0), np.float32(235), night)
    return np.rint(night).astype("uint8")
