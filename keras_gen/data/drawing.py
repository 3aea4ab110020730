"""The pencil of the drawn data sets: one plane for all pictures, sampled in pixels.

The plane is the square [-1, 1] x [-1, 1], y down; a picture of any size samples the
same plane, so a drawing comes out the same at every size. Shapes are approximate
signed distances (negative inside), and a shape's edge is blended over one pixel.

Only `+ - * /`, square roots, rounding and comparisons are used. IEEE 754 fixes their
results to the last bit, while a processor's sine or exponential may differ in it: so
a seed gives the same pictures on every machine.

Arrays: a plane is float32 `(num, pixels)`, a number for each picture `(num, 1)`, a
colour `(3, num, 1)` with values 0 to 1.
"""

from collections.abc import Mapping

import numpy as np


class Canvas:
    """The plane's coordinates, and the numbers that make each picture its own.

    Args:
        attributes: An integer array `(num,)` for each attribute name.
        chance: float32 `(num, draws)` in [0, 1), one column a random draw.
        image_size: Height and width in pixels.
    """

    def __init__(
        self, attributes: Mapping[str, np.ndarray], chance: np.ndarray, image_size: int
    ):
        ticks = (np.arange(image_size, dtype="float32") * 2 + 1) / image_size - 1
        x, y = np.meshgrid(ticks, ticks)
        self.x, self.y = x.reshape(1, -1), y.reshape(1, -1)
        self.sharpness = np.float32(image_size / 2)  # pixels in a unit of length
        self.attributes = attributes
        self._columns = iter(chance.T[:, :, None])

    def look_up(self, table, name):
        """Return each picture's entry of a `table` of the attribute `name`."""
        return table[..., self.attributes[name]][..., None]

    def between(self, low, high):
        """Make the next random draw: a number for each picture, uniform."""
        return np.float32(low) + next(self._columns) * np.float32(high - low)

    def sign(self):
        """Make the next random draw: -1 or 1 for each picture."""
        return np.where(next(self._columns) < 0.5, np.float32(-1), np.float32(1))


def palette(*hexes):
    """Return colours written as `rrggbb` as a float32 table `(3, num_colours)`."""
    values = [[int(h[i : i + 2], 16) / 255 for i in (0, 2, 4)] for h in hexes]
    return np.array(values, "float32").T


def clip(values):
    """Limit `values` to [0, 1]."""
    return np.minimum(np.maximum(values, np.float32(0)), np.float32(1))


def coverage(distance, sharpness):
    """Turn a signed distance into the part of each pixel that is inside, 0 to 1."""
    return clip(np.float32(0.5) - distance * sharpness)


def visible(period, sharpness):
    """Return 0 for a pattern whose period is too few pixels to be drawn, else to 1."""
    return clip((period * sharpness - 1.5) / 2)


def blend(below, above, amount):
    """Lay `above` over `below` where `amount` is 1."""
    return below + (above - below) * amount


def wave(values):
    """Return a triangular wave, 0 at the integers and 0.5 between them."""
    return np.abs(values - np.rint(values))


def turns(x, y):
    """Return the angle of `(x, y)` in turns, [-0.5, 0.5], to about 1e-5.

    Abramowitz & Stegun 4.4.47 for the first octant, mirrored to the others.
    """
    ax, ay = np.abs(x), np.abs(y)
    t = np.minimum(ax, ay) / np.maximum(np.maximum(ax, ay), np.float32(1e-6))
    s = t * t
    angle = s * 0.0033160 - 0.0135493
    angle = angle * s + 0.0286703
    angle = angle * s - 0.0525688
    angle = (angle * s + 0.1591336) * t
    angle = np.where(ay > ax, 0.25 - angle, angle)
    angle = np.where(x < 0, 0.5 - angle, angle)
    return np.where(y < 0, -angle, angle)


def cosine_and_sine(angle):
    """Return cosine and sine of angles in radians within [-1.1, 1.1], to about 1e-5."""
    s = angle * angle
    sine = angle * (1 - s / 6 * (1 - s / 20 * (1 - s / 42)))
    return np.sqrt(1 - sine * sine), sine


def to_bytes(values, image_size):
    """Turn planes of values 0 to 1 into uint8 `(..., image_size, image_size)`."""
    values = clip(values) * np.float32(255) + np.float32(0.5)
    return values.astype("uint8").reshape(*values.shape[:-1], image_size, image_size)
