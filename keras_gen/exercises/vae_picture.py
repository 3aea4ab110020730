"""Checks of the set `vae`: the picture of a latent space."""

from statistics import NormalDist

import numpy as np

from keras_gen.exercises.comparing import array_of
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.vae_losses import told
from keras_gen.exercises.vae_sampler import check

HEIGHT, WIDTH, REACH = 2, 3, 4.0  # of the decoder `telling`


def picture(columns, rows):
    """The grid with z[0] of each column, z[1] of each row."""
    return (
        cells(columns, rows)
        .transpose(0, 2, 1, 3, 4)
        .reshape(len(rows) * HEIGHT, len(columns) * WIDTH, 3)
    )


def turned(rows, columns):
    """The grid with z[0] of each row, z[1] of each column."""
    return picture(columns, rows)[..., [1, 0, 2]]


def cells(columns, rows):
    """What the decoder answers, `(rows, columns, HEIGHT, WIDTH, 3)`."""
    made = np.empty((len(rows), len(columns), HEIGHT, WIDTH, 3))
    made[..., 0] = 0.5 + 0.5 / REACH * np.asarray(columns)[None, :, None, None]
    made[..., 1] = 0.5 + 0.5 / REACH * np.asarray(rows)[:, None, None, None]
    made[..., 2] = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    return made


def wrong_grids(n, extent):
    """What the known mistakes would answer."""
    axis = np.linspace(-extent, extent, n)
    open_axis = np.linspace(-extent, extent, n, endpoint=False)
    normal = NormalDist()
    tail = normal.cdf(-extent)
    quantiles = [normal.inv_cdf(q) for q in np.linspace(tail, 1 - tail, n)]
    images = cells(axis, axis[::-1])
    stacked = (
        "Looks like a stack of images: one large image was meant, with the small ones "
        "side by side."
    )
    swapped = (
        "Looks like the two axes swapped: z[0] belongs to the columns and z[1] to the "
        "rows."
    )
    grids = {
        "downwards": (
            picture(axis, axis),
            "Looks like the rows upside down: z[1] should grow upwards, and the first "
            "row of an array is the top.",
        ),
        "leftwards": (
            picture(axis[::-1], axis[::-1]),
            "Looks like the columns the wrong way round: z[0] should grow to the "
            "right.",
        ),
        "axes_swapped": (turned(axis[::-1], axis), swapped),
        "axes_swapped ": (turned(axis, axis), swapped),
        "axes_swapped  ": (turned(axis, axis[::-1]), swapped),
        "end_left_out": (
            picture(open_axis, open_axis[::-1]),
            "Looks like an axis without its end: the grid should reach from -extent to "
            f"extent, both included; yours ends at {open_axis[-1]:.3g} for an extent "
            f"of {extent:g}.",
        ),
        "quantiles": (
            picture(quantiles, quantiles[::-1]),
            "Looks like points at the normal distribution's quantiles: evenly spaced "
            "points were asked for.",
        ),
        "scrambled": (
            images.reshape(n * HEIGHT, n * WIDTH, 3),
            "Looks like a reshape without a transpose before it: the lines of "
            "different images are mixed.",
        ),
        "not_joined": (images, stacked),
        "not_joined ": (images.reshape(n * n, HEIGHT, WIDTH, 3), stacked),
    }
    for spaces, fixed in enumerate((1.0, 2.0, 3.0)):
        line = np.linspace(-fixed, fixed, n)
        grids["extent_ignored" + " " * spaces] = (
            picture(line, line[::-1]),
            f"Looks like a grid from {-fixed:g} to {fixed:g} whatever extent says; it "
            f"says {extent:g}.",
        )
    return grids


def made(student, n, extent=None) -> tuple:
    """A grid, and how often it has called the decoder."""
    decoder = student.probe("vae.telling", height=HEIGHT, width=WIDTH, reach=REACH)
    before = student.get(decoder, "times")
    more = {} if extent is None else {"extent": extent}
    grid = student.call("latent_grid", decoder, n, **more)
    times = student.get(decoder, "times")
    if not isinstance(times, int) or not isinstance(before, int):
        raise Failed("The decoder should not be changed by latent_grid; it is.")
    return grid, times - before


def asked(student, n, extent=None):
    """Asks for a grid, and compares it."""
    grid, _ = made(student, n, extent)
    reach = 2.0 if extent is None else extent
    axis = np.linspace(-reach, reach, n)
    wrong = wrong_grids(n, reach)
    told(array_of(grid, "the grid"), picture(axis, axis[::-1]), "the grid", wrong, True)


@check("latent_grid", 4, "z[0] grows to the right, z[1] upwards, from -2 to 2.")
def _grid(student, rng):
    asked(student, 3)


@check("latent_grid", 3, "It reaches as far as extent says, for any n.")
def _extent(student, rng):
    asked(student, 4, round(float(rng.uniform(1.2, 1.8)), 2))


@check("latent_grid", 3, "A larger grid takes no more calls of the decoder.")
def _calls(student, rng):
    small, large = (made(student, n)[1] for n in (3, 5))
    if small < 1:
        raise Failed("The decoder should be called; it was not.")
    if large <= small:
        return
    slug = {25: "one_call_a_cell", 5: "one_call_a_row"}.get(large, "")
    what = {25: "cell", 5: "row"}.get(large, "few points")
    raise Failed(
        f"Looks like one call of the decoder for each {what}: {large} calls for a grid "
        "of 5 x 5, where all points can be decoded at once.",
        slug,
    )
