"""One look for the lecture's figures, light and dark.

A figure is a function that draws onto a matplotlib `Figure`, marked with `@figure`. It
is called once with the light and once with the dark look, and must draw the same both
times. Colours come from the cycle (`C0`, `C1`, …) or from the `Look` that it is given,
never by name, so that they suit both.
"""

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

FOLDER = Path(__file__).parent
WIDTH = 7.2  # inches; a page's column at 100 %
FIGURES: dict[str, "Drawing"] = {}


@dataclasses.dataclass(frozen=True)
class Look:
    """The colours of one look: what is drawn, faint things, the page, and the cycle."""

    name: str
    ink: str
    faint: str
    paper: str
    cycle: tuple[str, ...]

    def settings(self) -> dict:
        """What matplotlib is told."""
        return {
            "figure.facecolor": self.paper,
            "axes.facecolor": self.paper,
            "savefig.facecolor": self.paper,
            "text.color": self.ink,
            "axes.labelcolor": self.ink,
            "axes.edgecolor": self.faint,
            "xtick.color": self.ink,
            "ytick.color": self.ink,
            "grid.color": self.faint,
            "grid.linewidth": 0.5,
            "axes.prop_cycle": mpl.cycler(color=self.cycle),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "font.family": "DejaVu Sans",  # matplotlib's own: the same everywhere
            "font.size": 9,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "image.cmap": "gray",
            "svg.hashsalt": "keras-gen",  # the same bytes each time
        }


# The cycle tells its colours apart for the colour-blind too (after Okabe and Ito).
LIGHT = Look(
    "light",
    ink="#1f2328",
    faint="#c4cad1",
    paper="#ffffff",
    cycle=("#0067a5", "#c8500a", "#007a5a", "#a6427f", "#8a6d00"),
)
DARK = Look(
    "dark",
    ink="#e4e7eb",
    faint="#565d66",
    paper="#131416",
    cycle=("#5cb3f0", "#f2925a", "#3fc79f", "#e08fc2", "#e3c04a"),
)


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A figure: how it is drawn, its size in inches, and the kind of file."""

    draw: Callable[[Figure, Look], None]
    size: tuple[float, float]
    kind: str

    def save(self, name: str, folder: Path = FOLDER) -> list[Path]:
        """Writes `NAME-light` and `NAME-dark`, and returns their paths."""
        paths = []
        for look in (LIGHT, DARK):
            with mpl.rc_context(look.settings()):
                picture = Figure(self.size, layout="constrained")
                self.draw(picture, look)
                path = folder / f"{name}-{look.name}.{self.kind}"
                path.write_bytes(_bytes(picture, self.kind))
            paths.append(path)
        return paths


def figure(name: str, height: float, width: float = WIDTH, kind: str = "svg"):
    """Marks a function that draws the figure `name`; lines as svg, pictures as png."""

    def marked(draw):
        if name in FIGURES:
            raise ValueError(f"Two figures are called {name!r}.")
        FIGURES[name] = Drawing(draw, (width, height), kind)
        return draw

    return marked


def _bytes(picture: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "svg":
        picture.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()
    picture.savefig(buffer, format="png", dpi=160)
    with Image.open(buffer) as image:
        smaller = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    smaller.save(buffer, "png", optimize=True)
    return buffer.getvalue()
