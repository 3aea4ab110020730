"""What several figures are made of: rows of pictures, and boxes with arrows."""

import matplotlib as mpl
import numpy as np
from matplotlib.patches import FancyBboxPatch

GAP = 2  # pixels of a picture between two of them
LARGER = 8  # times, so that the pixels of small pictures stay squares


def rows(axes, look, named, columns=()):
    """Shows rows of pictures, with their names at the left.

    Args:
        axes: to draw on.
        look: the `Look`.
        named: title -> uint8 pictures `(num, height, width, channels)` of one size; a
            row may have fewer than the others.
        columns: a text below each column.
    """
    height, width = next(iter(named.values())).shape[1:3]
    num = max(map(len, named.values()))
    high, wide = height + GAP, width + GAP
    paper = np.array(mpl.colors.to_rgb(look.paper)) * 255
    sheet = np.empty((len(named) * high - GAP, num * wide - GAP, 3), "uint8")
    sheet[:] = np.rint(paper)
    for row, images in enumerate(named.values()):
        for column, image in enumerate(images):
            top, left = row * high, column * wide
            sheet[top : top + height, left : left + width] = image
    axes.imshow(
        sheet.repeat(LARGER, axis=0).repeat(LARGER, axis=1),
        extent=(0, sheet.shape[1], sheet.shape[0], 0),
        interpolation="antialiased",
    )
    axes.set_yticks([row * high + height / 2 for row in range(len(named))], [*named])
    at = [column * wide + width / 2 for column in range(len(columns))]
    axes.set_xticks(at, columns)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def board(picture):
    """Axes over the whole figure, in inches from its lower left, for boxes."""
    picture.set_layout_engine("none")
    axes = picture.add_axes((0, 0, 1, 1))
    width, height = picture.get_size_inches()
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return axes


def box(axes, look, x, y, text, width=1.0, height=0.5, colour=None):
    """A box with its middle at (x, y); a network has a colour, data have none."""
    pad = 0.06
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2 + pad, y - height / 2 + pad),
            width - 2 * pad,
            height - 2 * pad,
            boxstyle=f"round,pad={pad}",
            facecolor=mpl.colors.to_rgba(colour, 0.14) if colour else look.paper,
            edgecolor=colour or look.faint,
            linewidth=1.2,
        )
    )
    axes.text(x, y, text, ha="center", va="center", linespacing=1.35)


def arrow(axes, look, start, end, text="", colour=None, style="-", above=0.1):
    """An arrow from one point to another, with a word at its middle."""
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour or look.ink,
            "linestyle": style,
            "linewidth": 1.2,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    x, y = (np.add(start, end)) / 2
    axes.text(x, y + above, text, ha="center", va="center", fontsize=8)
