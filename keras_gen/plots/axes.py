"""What all figures with axes share: colours, type, quiet axes, no pyplot."""

import functools
import io

from keras_gen.plots.layout import INK

DPI = 150
FAMILY = "DejaVu Sans"
# Petroff (2021), "Accessible color sequences for data visualization", ten colours
# that readers with any of the three colour vision deficiencies can tell apart.
COLOURS = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6") + (
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
MARKERS = "os^D"  # beyond ten classes the colours repeat, with another marker


def new_figure(pixels: tuple[int, int], layout: str | None = "constrained"):
    """A figure outside of pyplot, which all the same shows itself in a notebook."""
    from matplotlib.figure import Figure

    size = [side / DPI for side in pixels]
    figure = Figure(figsize=size, dpi=DPI, facecolor="white", layout=layout)
    figure._repr_png_ = functools.partial(_png, figure)
    return figure


def _png(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour such as `#3f90da`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 125 else "white"


def style_axes(axes, x_label: str, y_label: str):
    """Quiet lines and small type, whatever a notebook has set for its own plots."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#9aa0a6")
    axes.tick_params(
        which="both", colors=INK, labelsize=9, labelfontfamily=FAMILY, width=0.8
    )
    axes.set_xlabel(x_label, color=INK, fontsize=10, family=FAMILY)
    axes.set_ylabel(y_label, color=INK, fontsize=10, family=FAMILY)
    axes.set_facecolor("white")
    if not axes.images:
        axes.grid(color="#e8eaed", linewidth=0.8)
        axes.set_axisbelow(True)
