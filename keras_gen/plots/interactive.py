"""Pictures with sliders, in a notebook; one picture where there are no sliders."""

import time
from pathlib import Path

from keras_gen.plots.files import encode

WIDGET = "application/vnd.jupyter.widget-view+json"
STEPS = 40  # of a slider of floats
QUICK = 0.3  # seconds; what takes longer is drawn when a slider is let go


def explore(draw, **sliders):
    """A picture that is drawn again whenever a slider is moved.

    Where ipywidgets is missing, or a page shows the notebook without Python behind it,
    there is the picture for the values at which the sliders begin.

    Args:
        draw: function of the sliders' values, by name; returns what `keras_gen.plots`
            makes: a PIL image, a matplotlib figure or an `Animation`.
        **sliders: `name=(lowest, highest, first)`, three whole numbers, or three
            numbers of which one is a float; or `name=["this", "that"]`, a choice that
            begins with the first.

    Returns:
        What shows itself in a notebook.

    Raises:
        ValueError: for a slider that is none of these.

    Example:

    >>> from PIL import Image
    >>> shown = explore(lambda grey: Image.new("L", (8, 8), grey), grey=(0, 255, 100))
    >>> shown.picture().getpixel((0, 0))
    100
    """
    return Explorer(draw, sliders)


class Explorer:
    """What `explore` returns.

    Args:
        draw: function of the sliders' values.
        sliders: name to `(lowest, highest, first)` or a list.
    """

    def __init__(self, draw, sliders):
        self.draw, self.sliders = draw, sliders
        self.values = {name: _first(name, of) for name, of in sliders.items()}

    def picture(self, **values):
        """Draws for these values; those not given are the first ones."""
        return self.draw(**self.values | values)

    def _ipython_display_(self):
        from IPython.display import display

        start = time.perf_counter()
        kind, content = self.encoded()
        live = time.perf_counter() - start < QUICK
        bundle = {kind: content, "text/plain": "a picture with sliders"}
        try:
            box = self.widgets(content, live)
        except ImportError:
            print("Without ipywidgets there are no sliders: pip install ipywidgets")
        else:
            view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
            bundle[WIDGET] = view
        display(bundle, raw=True)

    def encoded(self, **values) -> tuple[str, bytes]:
        """MIME type and bytes of the picture for these values."""
        picture = self.picture(**values)
        kind = "gif" if isinstance(picture, bytes) else "png"
        return f"image/{kind}", encode(picture, Path(f"picture.{kind}"))

    def widgets(self, content: bytes, live: bool = True):
        """The sliders with the picture below them, as one widget.

        Args:
            content: the picture to begin with, encoded.
            live: whether to draw while a slider moves, or when it is let go.
        """
        import ipywidgets

        image = ipywidgets.Image(value=content)
        sliders = {name: _widget(name, of, live) for name, of in self.sliders.items()}

        def moved(_):
            values = {name: slider.value for name, slider in sliders.items()}
            image.value = self.encoded(**values)[1]

        for slider in sliders.values():
            slider.observe(moved, names="value")
        return ipywidgets.VBox([*sliders.values(), image])


def _first(name, of):
    if isinstance(of, list) and of:
        return of[0]
    if isinstance(of, tuple) and len(of) == 3 and of[0] <= of[2] <= of[1]:
        return of[2]
    raise ValueError(
        f"{name} must be (lowest, highest, first) or a list of choices; got {of!r}."
    )


def _widget(name, of, live):
    import ipywidgets

    words = {"description": name.replace("_", " "), "value": _first(name, of)}
    if isinstance(of, list):
        return ipywidgets.Dropdown(options=of, **words)
    low, high, _ = of
    limits = {"min": low, "max": high, "continuous_update": live}
    if all(isinstance(value, int) for value in of):
        return ipywidgets.IntSlider(**limits, **words)
    return ipywidgets.FloatSlider(**limits, step=(high - low) / STEPS, **words)
