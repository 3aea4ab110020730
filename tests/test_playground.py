"""The playground: what it computes, and the page, as somebody who plays with it."""

import builtins
import re
import runpy
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gen import playground
from keras_gen.playground import drawing

BROWSER = runpy.run_path(str(Path(__file__).with_name("browser.py")))
SECONDS = 120_000  # milliseconds, to draw on a machine that does more
in_browser = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tested on TensorFlow"
)

# ------------------------------------------------------------------- what is computed


def draw(preset="dcgan_digits", num=4, seed=0, digit=None):
    asked = ("no prompt here", "", 3.0, 2, "ddim", digit, num, seed)
    return np.asarray(drawing.draw(preset, *asked))


def test_draws_what_is_asked_for_and_the_same_again():
    first = draw()
    assert first.ndim == 2 and 500 < len(first) <= 640
    np.testing.assert_array_equal(draw(), first)
    assert np.any(draw(seed=1) != first)
    assert draw("vae_flowers", num=2).shape[-1] == 3
    seven, eight = (draw("conditional_gan_digits", digit=d) for d in (7, 8))
    assert np.any(seven != eight)


@pytest.mark.parametrize("seed", [None, -1, 2**31])
def test_bad_seeds_are_told(seed):
    with pytest.raises(ValueError, match=f"seed must be an integer from 0.*{seed}"):
        draw(seed=seed)


def test_a_click_on_the_map_decodes_what_is_seen_there():
    tiles = drawing.latent_map()
    assert tiles.shape == (560, 560) and tiles.dtype == "uint8"
    column, row = 3, 16  # of the tile
    z = drawing.place(28 * column + 14, 28 * row + 14)
    picture, way, words = drawing.decode(z, None)
    seen = tiles[28 * row : 28 * (row + 1), 28 * column : 28 * (column + 1)]
    drawn = np.asarray(picture)[7:-2:10, 7:-2:10]
    assert np.abs(seen.astype(int) - drawn).max() <= 1
    assert words == f"z = ({z[0]:.2f}, {z[1]:.2f})" and z[0] < 0 and z[1] < 0
    other, *_ = drawing.decode(drawing.place(500, 60), z)
    assert np.any(np.asarray(other) != np.asarray(picture))


def test_less_noise_leaves_more_of_the_picture():
    """The left tile is the picture, the right one what the model sees in the noise."""

    def error(time):
        shown = np.asarray(drawing.denoise(time, seed=3)).astype(float)
        side = 32 * 6
        left, right = (
            shown[2 : side + 2, 2 : side + 2],
            shown[2 : side + 2, -side - 2 :],
        )
        return np.sqrt(np.mean((left - right[:, :side]) ** 2))

    errors = [error(time) for time in (0.0, 0.5, 1.0)]
    assert errors == sorted(errors) and 3 * errors[0] < errors[2]


def test_without_gradio_one_sentence_says_what_to_install(monkeypatch):
    find = builtins.__import__

    def without(name, *more):
        if name == "gradio":
            raise ModuleNotFoundError("No module named 'gradio'")
        return find(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"pip install .*\[playground\]"):
        playground.build()


def test_a_port_that_is_taken_is_told_in_one_sentence(monkeypatch):
    def refuse(page, **how):  # as Gradio does
        raise OSError("Cannot find empty port in range: 80-80.")

    monkeypatch.setattr(playground, "build", object)
    monkeypatch.setattr(playground, "launch", refuse)
    with pytest.raises(OSError, match="at port 80: --port chooses another"):
        playground.run(80, in_browser=False)


# -------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def address():
    """Where the page is served."""
    page = playground.build()
    yield playground.launch(page)
    page.close()


@pytest.fixture
def page(chromium, address):
    """The page, open, and at the end nothing was wrong with it."""
    with BROWSER["opened"](chromium, address) as (page, faults):
        page.set_default_timeout(SECONDS)
        page.goto(address)
        page.locator("button.primary:visible").wait_for()
        yield page
        assert faults == []


def picture(page, name):
    return page.get_by_role("img", name=name)


@in_browser
def test_a_prompt_is_drawn(page):
    page.get_by_label("prompt", exact=True).fill("a large blue flower, on the beach")
    for label, value in (("steps", "2"), ("pictures", "1")):
        page.get_by_label(f"number input for {label}").fill(value)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Draw").click()
    picture(page, "What the model drew").wait_for()
    colours = page.evaluate(
        """() => {
          const image = document.querySelector("img[alt='What the model drew']");
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          return [canvas.width, ...[0, 1, 2].map((channel) =>
            data.filter((_, i) => i % 4 === channel).reduce((a, b) => a + b)
              / (data.length / 4))];
        }"""
    )
    assert colours[0] > 500 and max(colours[1:]) - min(colours[1:]) > 3


@in_browser
def test_an_empty_prompt_is_answered_kindly(page):
    page.get_by_label("prompt", exact=True).fill(" ")
    page.get_by_role("button", name="Draw").click()
    told = page.get_by_test_id("toast-text")
    told.wait_for()
    assert told.inner_text().startswith("A prompt must be a text that is not empty")


@in_browser
def test_a_word_that_it_never_saw_is_told_beside_the_picture(page):
    page.get_by_label("prompt", exact=True).fill("a red dragon")
    page.get_by_label("number input for steps").fill("1")
    page.get_by_role("button", name="Draw").click()
    page.get_by_test_id("toast-text").filter(has_text="dragon").wait_for()
    picture(page, "What the model drew").wait_for()


@in_browser
def test_a_preset_shows_the_controls_that_it_heeds(page):
    preset = page.get_by_label("preset")
    for name, has_prompt, has_steps, has_digit in (
        ("conditional_gan_digits", False, False, True),
        ("diffusion_digits", False, True, False),
        ("text_to_image_flowers_32", True, True, False),
    ):
        preset.click()
        page.get_by_role("option", name=name).click()
        for label, shown in (
            ("prompt", has_prompt),
            ("sampler", has_steps),
            ("digit", has_digit),
        ):
            state = "visible" if shown else "hidden"
            page.get_by_label(label, exact=True).wait_for(state=state)


@in_browser
def test_morph_shows_a_film(page):
    page.get_by_role("tab", name="Morph").click()
    for label, value in (("steps", "1"), ("pictures", "3")):
        field = page.get_by_label(f"number input for {label}").locator("visible=true")
        field.fill(value)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Morph").click()
    film = picture(page, "A flower that changes")
    film.wait_for()
    assert film.get_attribute("src").startswith("data:image/gif")


@in_browser
def test_the_map_can_be_clicked_on(page):
    page.get_by_role("tab", name="Latent map").click()
    plane = picture(page, "A map of digits")
    plane.wait_for()
    size = plane.bounding_box()
    for x, y in ((0.25, 0.75), (0.75, 0.25)):
        plane.click(position={"x": x * size["width"], "y": y * size["height"]})
        z = r"z = \(1\.\d\d, 1\.\d\d\)" if x > y else r"z = \(-1\.\d\d, -1\.\d\d\)"
        page.get_by_text(re.compile(z)).wait_for()
        picture(page, "What the decoder makes of the point").wait_for()
    picture(page, "The way to it").wait_for()


@in_browser
def test_the_noise_slider_changes_the_picture(page):
    page.get_by_role("tab", name="Noise").click()
    shown = picture(page, "A flower, with noise")
    shown.wait_for()
    before = shown.get_attribute("src")
    page.get_by_label("range slider for diffusion time").press("ArrowRight")
    page.wait_for_function(
        """before => document.querySelector("img[alt^='A flower, with noise']").src
           !== before""",
        arg=before,
    )


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_a_phone(chromium, address, scheme):
    size = {"width": 390, "height": 800}
    settings = {"viewport": size, "color_scheme": scheme}
    with BROWSER["opened"](chromium, address, **settings) as (page, faults):
        page.goto(address)
        page.locator("button.primary:visible").wait_for(timeout=SECONDS)
        assert not BROWSER["is_too_wide"](page)
        assert page.evaluate(BROWSER["TOO_FAINT"]) == []
        assert faults == []
