"""How one flower is drawn: a background, a stem with a leaf, and the blossom.

Every function takes the `Canvas` and makes its random draws from it in a fixed order:
a draw added anywhere but at the end changes every picture.
"""

from collections.abc import Mapping

import numpy as np

from keras_gen.data.drawing import (
    Canvas,
    blend,
    clip,
    cosine_and_sine,
    coverage,
    palette,
    to_bytes,
    turns,
    visible,
    wave,
)

# Rows follow the values in `captions.ATTRIBUTES`.
PETAL = palette(
    *("d3202a", "f57f1a", "fbd62c", "f8f6f0", "ff9fc0"),
    *("dc2b9c", "8436bd", "c5a5ec", "2f50d8", "35cbc4"),
)
CENTRE = palette("ffd23a", "5b3417", "6ea832", "fbf7ea")
# meadow, sky, night, sunset, sand, stone: top of the picture, bottom, ground, spots
TOP = palette("8fc76a", "6fb2ea", "070b26", "6a3d7c", "ecd9ab", "8d9094")
BOTTOM = palette("4f9a3d", "cfe6f7", "1b2450", "f4874b", "d9bd84", "74777c")
GROUND = palette("3c8433", "b9dcf3", "0a1420", "4a2a4e", "cba96c", "5d6065")
SPOT = palette("d6f09a", "ffffff", "f6f3d8", "ffd27a", "fff3cf", "b4b7ba")
# Of each background: strength, radius, softness and flatness of its spots; the
# height of its ground.
SPOT_STRENGTH = np.array([0.32, 0.6, 0.9, 0.35, 0.3, 0.28], "float32")
SPOT_RADIUS = np.array([0.17, 0.34, 0.028, 0.24, 0.24, 0.24], "float32")
SPOT_SOFTNESS = np.array([0.12, 0.3, 0.02, 0.16, 0.2, 0.1], "float32")
SPOT_FLATNESS = np.array([1.0, 1.9, 1.0, 1.0, 2.4, 1.5], "float32")
HORIZON = np.array([0.3, 0.75, 0.72, 0.62, 0.35, 0.5], "float32")
STEM = palette("356f2c")
LEAF = palette("4c9436")

RADIUS = np.array([0.5, 0.65, 0.82], "float32")
OFFSET = np.array([0.44, 0.34, 0.26], "float32")  # from the middle, by size
OFFSET_X = np.array([0, -1, 1, 0, 0], "float32")
OFFSET_Y = np.array([0, 0, 0, -1, 1], "float32")
NUMBER = np.array([3, 4, 5, 6, 8], "float32")
HALF_WIDTH = np.array([0.46, 0.41, 0.36, 0.31, 0.235], "float32")
# Cosine and sine of a full turn divided by the number of petals.
COS = np.array([-0.5, 0.0, 0.309017, 0.5, 0.70710678], "float32")
SIN = np.array([0.8660254, 1.0, 0.95105652, 0.8660254, 0.70710678], "float32")
TILT = 10 / 360  # in turns

NUM_SPOTS = 6
NUM_DRAWS = 20 + 3 * NUM_SPOTS  # random numbers that shape one flower


class _Flower(Canvas):
    """A canvas with the size and place of its flower, and where light comes from."""

    def __init__(self, attributes, chance, image_size):
        super().__init__(attributes, chance, image_size)
        offset = self.look_up(OFFSET, "size")
        self.radius = self.look_up(RADIUS, "size") * self.between(0.93, 1.07)
        centre_x = self.look_up(OFFSET_X, "position") * offset
        centre_y = self.look_up(OFFSET_Y, "position") * offset
        self.centre_x = centre_x + self.between(-0.06, 0.06)
        self.centre_y = centre_y + self.between(-0.06, 0.06)
        self.light = self.sign()  # from the upper left or the upper right


def draw(
    attributes: Mapping[str, np.ndarray], chance: np.ndarray, image_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw flowers.

    Args:
        attributes: An integer array `(num,)` for each name in `ATTRIBUTES`.
        chance: float32 `(num, NUM_DRAWS)` in [0, 1): all that varies besides.
        image_size: Height and width in pixels.

    Returns:
        `(images, masks)`: uint8 `(num, size, size, 3)` pictures, and uint8
        `(num, size, size, 1)` masks, 255 where the blossom is.
    """
    flower = _Flower(attributes, chance, image_size)
    image, mask = _blossom(flower, _stem(flower, _background(flower)))
    rgb = np.stack([to_bytes(channel, image_size) for channel in image], axis=-1)
    return rgb, to_bytes(mask, image_size)[..., None]


def _background(flower):
    """Lay a gradient, a ground or hill out of focus, and spots of light."""
    top, bottom, ground, spot = (
        flower.look_up(table, "background") for table in (TOP, BOTTOM, GROUND, SPOT)
    )
    rise = clip(
        (flower.y + flower.x * flower.light * flower.between(-0.1, 0.35)) * 0.5 + 0.5
    )
    image = top + (bottom - top) * rise
    slope, bend = flower.between(-0.25, 0.25), flower.between(-0.25, 0.25)
    horizon = flower.look_up(HORIZON, "background") + flower.between(-0.12, 0.12)
    below = horizon + flower.x * (slope + bend * flower.x) - flower.y
    image = blend(image, ground, clip(0.5 - below * 10) * 0.85)
    return blend(image, spot, _spots(flower))


def _spots(flower):
    """Lay out clouds, stars, lights or pebbles: soft discs, each background's."""
    strength, radius, softness, flatness = (
        flower.look_up(table, "background")
        for table in (SPOT_STRENGTH, SPOT_RADIUS, SPOT_SOFTNESS, SPOT_FLATNESS)
    )
    # A star is never smaller than a pixel's worth of light.
    softness = np.maximum(softness, 0.6 / flower.sharpness)
    total = np.float32(0)
    for _ in range(NUM_SPOTS):
        dx = flower.x - flower.between(-1, 1)
        dy = (flower.y - flower.between(-1, 0.9)) * flatness
        reach = radius * flower.between(0.5, 1.2) + softness * 0.5
        inside = clip((reach - np.sqrt(dx * dx + dy * dy)) / softness)
        total = total + inside * (1 - total)
    return total * strength


def _stem(flower, image):
    """Draw the stem, a parabola downwards, and one leaf, a lens beside it."""
    bend, side = flower.between(-0.35, 0.35), flower.sign()
    down = flower.y - flower.centre_y
    middle = flower.centre_x + bend * down * down * 0.5
    width = 0.07 * flower.radius
    stem = np.maximum(np.abs(flower.x - middle) - width, -down)
    shade = 1 + (flower.x - middle) * flower.light * 3
    image = blend(image, STEM[:, None] * shade, coverage(stem, flower.sharpness))
    # In the leaf's own axes, its length one unit, it grows outwards and up.
    scale = flower.between(0.5, 0.8) * 0.7071 * flower.radius + 0.2
    start = flower.radius * flower.between(1.15, 1.3)
    right = (flower.x - flower.centre_x - bend * start * start * 0.5) * side
    below = down - start
    along = (right - below) * 0.7071 / scale
    across = (right + below) * 0.7071 / scale
    leaf = _petal(along, np.abs(across), 0.5, 0.678, 0.678, -0.458, 0.0) * 0.5
    shade = 1 - np.abs(across) * 0.4 + across * 0.8
    return blend(image, LEAF[:, None] * shade, coverage(leaf, flower.sharpness))


def _blossom(flower, image):
    """Lay the blossom over `image`; return it and the blossom's coverage."""
    # From here on, lengths are in units of the blossom's radius.
    dx = (flower.x - flower.centre_x) / flower.radius
    dy = (flower.y - flower.centre_y) / (flower.radius * flower.between(0.88, 1.0))
    r = np.sqrt(dx * dx + dy * dy)
    sharpness = flower.sharpness * flower.radius
    light = (dx * flower.light - dy) * 0.12
    over, under, shade_over, shade_under = _petals(flower, dx, dy, r, sharpness)
    # The petal above and the centre throw shadows on what is below.
    shade_under = shade_under - clip(1 - over / 0.16) * 0.55
    shade = blend(shade_under, shade_over, coverage(over, sharpness)) + light
    core = r - flower.between(0.23, 0.28)
    shade = shade - clip(1 - core / 0.13) * 0.5
    petals = np.minimum(over, under)
    shadow = clip(1 - petals / 0.3)
    image = image * (1 - shadow * shadow * 0.3)
    bright = flower.look_up(PETAL, "petal_colour")
    bright = bright * flower.between(0.93, 1.04) + flower.between(-0.03, 0.03)
    petal_colour = blend(bright * bright * 0.7, bright, shade)
    image = blend(image, petal_colour, coverage(petals, sharpness))
    core_colour = _core_colour(flower, dx, dy, core, light, sharpness)
    image = blend(image, core_colour, coverage(core, sharpness))
    return image, coverage(np.minimum(petals, core), sharpness)


def _petals(flower, dx, dy, r, sharpness):
    """Return distance and shade of the two nearest petals, the upper one first.

    `(distance over, distance under, shade over, shade under)`, four planes.
    """
    number = flower.look_up(NUMBER, "petal_number")
    # One petal points up (y grows downwards), tilted by TILT at most.
    sector = (turns(dx, dy) + np.float32(0.25) + flower.between(-TILT, TILT)) * number
    angle = (sector - np.rint(sector)) * np.float32(6.2831853) / number
    cosine, sine = cosine_and_sine(angle)
    # u runs along the nearest petal, v across it.
    u, v = r * cosine, r * sine
    # Seen from the neighbour on this side, everything is turned by one sector.
    w = np.abs(v)
    cosine, sine = (flower.look_up(table, "petal_number") for table in (COS, SIN))
    u2, w2 = u * cosine + w * sine, np.abs(u * sine - w * cosine)
    outline, streaks = _outline(flower), 0.5 * visible(1 / 8, sharpness)
    near, far = _petal(u, w, *outline), _petal(u2, w2, *outline)
    # Each petal lies over the next one clockwise, all the way round.
    first = v >= 0
    shade = _petal_shade(u, v, near, streaks)
    shade2 = _petal_shade(u2, np.where(first, -w2, w2), far, streaks)
    distances = np.where(first, near, far), np.where(first, far, near)
    return *distances, np.where(first, shade, shade2), np.where(first, shade2, shade)


def _outline(flower):
    """Return `_petal`'s parameters: round, pointed or heart-shaped."""
    w = flower.look_up(HALF_WIDTH, "petal_number") * flower.between(0.92, 1.06)
    # Two arcs that meet in points at u = 0.02 and 1.08.
    w_arc = w * 0.74
    sag = (0.2809 - w_arc * w_arc) / (2 * w_arc)
    arc = sag + w_arc
    shape = flower.attributes["petal_shape"][:, None]
    # Middle, length, width, apart and widening, each for the three shapes.
    rows = (
        (0.62, 0.55, 0.62),
        (0.37, arc, 0.38),
        (1.06 * w, arc, 0.54 * w),
        (0.0, -sag, 0.0),
        (0.0, 0.0, 0.5 * w),
    )
    return [np.choose(shape, [np.float32(v) for v in row]) for row in rows]


def _core_colour(flower, dx, dy, core, light, sharpness):
    """Colour the centre: a dome with a rim, and grains where they are visible."""
    gx, gy = dx * 12 + dy * 7, dy * 14
    grain = wave(gx) + wave(gy) + wave(gx - gy)
    shade = 0.85 - clip(1 + core / 0.1) * 0.4 + light * 2
    shade = shade + (0.75 - grain) * visible(1 / 13, sharpness)
    bright = flower.look_up(CENTRE, "centre_colour")
    return blend(bright * bright * 0.45, bright, shade)


def _petal(u, w, middle, length, width, apart, widening):
    """Return the signed distance to a petal that points along u.

    An ellipse and its mirror image, moved `apart + widening * u` from the axis: none
    gives a round petal, a negative one two arcs and a point, a growing one a heart.
    """
    p = (u - middle) / length
    q = (w - apart - widening * u) / width
    root = np.sqrt(p * p + q * q)
    p, q = p / length, q / width
    return (root - 1) * root / np.sqrt(p * p + q * q + np.float32(1e-9))


def _petal_shade(u, v, distance, streaks):
    """Return how light a petal is: 0 its dark tone, 1 its colour, more is lighter."""
    shade = 0.5 + 0.45 * u + v * 0.45
    rim = clip(1 + distance / 0.12)
    vein = clip(1 - np.abs(v) / 0.035) * clip(1 - u)
    fan = wave(v / (np.abs(u) + 0.3) * 8) - 0.25
    return shade + rim * rim * 0.3 - vein * 0.5 + fan * streaks
