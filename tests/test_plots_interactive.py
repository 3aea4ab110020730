"""Sliders, and the one picture where there are none."""

import builtins
import io

import numpy as np
import pytest
from PIL import Image

from keras_gen import plots
from keras_gen.plots import interactive

ipywidgets = pytest.importorskip("ipywidgets")


def grey(value, of="L"):
    return Image.new(of, (4, 4), value)


def pixel(png):
    return Image.open(io.BytesIO(png)).getpixel((0, 0))


def sliders(shown, live=True):
    *moving, image = shown.widgets(shown.encoded()[1], live).children
    return moving, image


def bundle_of(shown, monkeypatch):
    """What is displayed of it in a notebook."""
    import IPython.display

    displayed = []
    monkeypatch.setattr(
        IPython.display, "display", lambda data, raw: displayed.append(data)
    )
    shown._ipython_display_()
    (bundle,) = displayed
    return bundle


def test_moving_a_slider_draws_again():
    (slider,), image = sliders(plots.explore(grey, value=(0, 255, 7)))
    assert pixel(image.value) == 7
    slider.value = 90
    assert pixel(image.value) == 90


def test_each_kind_of_slider_has_its_widget():
    def draw(whole, real, of):
        return grey(whole + int(10 * real), of)

    shown = plots.explore(draw, whole=(0, 9, 3), real=(-1.0, 1.0, 0), of=["L", "RGB"])
    (whole, real, of), image = sliders(shown)
    kinds = ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.Dropdown
    assert tuple(map(type, (whole, real, of))) == kinds
    assert (real.min, real.max, real.step) == (-1, 1, 0.05)
    of.value, real.value = "RGB", 0.5
    assert pixel(image.value) == (8, 0, 0)


@pytest.mark.parametrize(
    "picture",
    [
        plots.grid(np.zeros((2, 4, 4, 1), "uint8")),
        plots.latent_map(np.eye(2)),
        plots.animation(np.zeros((2, 8, 8, 1), "uint8")),
    ],
    ids=["picture", "figure", "animation"],
)
def test_all_that_plots_makes_can_be_drawn(picture):
    kind, content = plots.explore(lambda n: picture, n=(0, 1, 0)).encoded()
    assert kind == f"image/{Image.open(io.BytesIO(content)).format.lower()}"


def test_a_notebook_gets_sliders_and_a_page_the_picture(monkeypatch):
    bundle = bundle_of(plots.explore(grey, value=(0, 255, 7)), monkeypatch)
    assert bundle[interactive.WIDGET]["model_id"]
    assert pixel(bundle["image/png"]) == 7


def test_without_ipywidgets_there_is_the_picture(monkeypatch, capsys):
    usual = builtins.__import__

    def missing(name, *arguments, **more):
        if name == "ipywidgets":
            raise ImportError(name)
        return usual(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    bundle = bundle_of(plots.explore(grey, value=(0, 255, 7)), monkeypatch)
    assert interactive.WIDGET not in bundle
    assert pixel(bundle["image/png"]) == 7
    assert "there are no sliders" in capsys.readouterr().out


def test_what_is_drawn_slowly_waits_until_the_slider_is_let_go(monkeypatch):
    made = []
    usual = interactive.Explorer.widgets

    def widgets(self, content, live):
        made.append(live)
        return usual(self, content, live)

    monkeypatch.setattr(interactive.Explorer, "widgets", widgets)
    shown = plots.explore(grey, value=(0, 255, 7))
    bundle_of(shown, monkeypatch)
    monkeypatch.setattr(interactive, "QUICK", -1.0)
    bundle_of(shown, monkeypatch)
    assert made == [True, False]
    (slider,), _ = sliders(shown, live=False)
    assert slider.continuous_update is False


@pytest.mark.parametrize("of", [(0, 1), (0, 1, 2), [], 3, (1, 0, 0)])
def test_a_slider_that_is_none_is_told(of):
    with pytest.raises(ValueError, match=r"value must be \(lowest, highest, first\)"):
        plots.explore(grey, value=of)
