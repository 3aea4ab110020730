"""Grids: every pixel and every letter where it belongs; bad input; threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keras_gen import plots
from keras_gen.plots.layout import type_face, wrap


def pictures(*shape, seed=0):
    """Random pictures without pure white, which is the paper."""
    return np.random.default_rng(seed).integers(0, 250, shape, dtype="uint8")


def pixels(picture):
    array = np.asarray(picture)
    return array[..., None] if array.ndim == 2 else array


@pytest.mark.parametrize("channels", [1, 3])
def test_grid_puts_every_pixel_where_it_belongs(channels):
    images = pictures(5, 4, 6, channels)
    sheet = pixels(plots.grid(images, columns=3, padding=2, scale=2))
    assert sheet.shape == (2 + 2 * (8 + 2), 2 + 3 * (12 + 2), channels)
    expected = np.full_like(sheet, 255)
    for index, image in enumerate(images):
        y, x = 2 + index // 3 * 10, 2 + index % 3 * 14
        for row in range(8):
            for column in range(12):
                expected[y + row, x + column] = image[row // 2, column // 2]
    np.testing.assert_array_equal(sheet, expected)


@pytest.mark.parametrize(
    "count, columns",
    [(1, 1), (2, 2), (3, 3), (4, 2), (8, 4), (10, 5), (16, 4), (18, 6), (64, 8)],
)
def test_grid_is_nearly_square_with_few_empty_places(count, columns):
    assert plots.grid(pictures(count, 2, 2, 1), padding=0, scale=1).width == 2 * columns


@pytest.mark.parametrize("side, shown", [(8, 112), (28, 112), (32, 128), (64, 128)])
def test_small_pictures_are_enlarged_to_about_a_hundred_pixels(side, shown):
    assert plots.grid(pictures(4, side, side, 1), padding=0).width == 2 * shown


@pytest.mark.parametrize("count, side", [(400, 32), (100, 28), (16, 512), (4, 2000)])
def test_no_sheet_is_much_wider_than_a_screen(count, side):
    images = np.zeros((count, side, side, 1), "uint8")
    assert 600 < plots.grid(images).width <= 1610


def test_labels_stand_below_their_pictures():
    images = np.full((3, 28, 28, 1), 255, "uint8")
    plain = plots.grid(images, columns=3, scale=4)
    labelled = plots.grid(images, columns=3, scale=4, labels=[7, "", "a\nb"])
    ink = pixels(labelled)[..., 0] < 200
    assert labelled.width == plain.width and labelled.height > plain.height
    assert not ink[: plain.height - 2].any()
    thirds = [ink[:, 2 + 114 * i : 114 * (i + 1)].sum() for i in range(3)]
    assert thirds[0] > 0 and thirds[1] == 0 and thirds[2] > 0
    rows = np.flatnonzero(ink[:, 230:].any(axis=1))
    assert (np.diff(rows) > 1).sum() == 1  # the line break makes two lines


def test_wrapped_lines_fit_and_lose_no_word():
    face = type_face(15)
    text = "a small flower with six white petals and a yellow centre, on green"
    lines = wrap(text, face, 160)
    assert " ".join(lines) == text and len(lines) > 1
    assert all(face.getlength(line) <= 160 for line in lines)
    endless = wrap("x" * 100_000, face, 160)
    assert len(endless) == 6 and endless[-1].endswith("…")
    assert all(face.getlength(line) <= 160 for line in endless)


def test_captioned_grid_has_room_for_the_longest_caption_of_each_row():
    images = pictures(4, 32, 32, 3)
    short = plots.captioned_grid(images, ["one"] * 4, columns=2)
    long = plots.captioned_grid(images, ["one", "two words " * 9, "one", "x"], 2)
    assert short.width == long.width == 16 + 2 * (224 + 16)
    assert short.height < long.height < short.height + 224


def test_pairs_are_originals_above_reconstructions():
    originals, reconstructions = pictures(2, 13, 28, 28, 1)
    sheet = pixels(plots.pairs(originals, reconstructions))
    left = sheet.shape[1] - 7 * 114  # two strips of at most seven pairs
    first = sheet[2 : 2 + 112 : 4, left : left + 112 : 4]
    below = sheet[116 : 116 + 112 : 4, left : left + 112 : 4]
    np.testing.assert_array_equal(first, originals[0])
    np.testing.assert_array_equal(below, reconstructions[0])
    top = sheet.shape[0] - 2 * 114
    last = [
        sheet[y : y + 112 : 4, left + 5 * 114 :][:, :112:4] for y in (top, top + 114)
    ]
    np.testing.assert_array_equal(last, [originals[12], reconstructions[12]])
    assert (sheet[top:, left + 6 * 114 :] == 255).all()  # the empty place
    assert (sheet[:112, : left - 2] < 200).any()  # the title


def test_strip_is_one_row():
    images = pictures(5, 8, 8, 3)
    strip = pixels(plots.strip(images, scale=1))
    assert strip.shape == (12, 52, 3)
    np.testing.assert_array_equal(strip[2:10, 42:50], images[4])


def test_trajectory_has_a_row_a_picture_and_a_column_a_moment():
    frames = np.zeros((21, 3, 28, 28, 1), "uint8")
    frames += np.arange(21, dtype="uint8")[:, None, None, None, None] * 10
    frames[:, 1] += 5
    sheet = pixels(plots.trajectory(frames, columns=5))
    assert sheet.shape == (2 + 3 * 114, 2 + 5 * 114, 1)
    centres = sheet[58::114, 58::114, 0]
    np.testing.assert_array_equal(centres[0], [0, 50, 100, 150, 200])
    np.testing.assert_array_equal(centres[1], [5, 55, 105, 155, 205])
    assert pixels(plots.trajectory(frames, columns=1))[58, 58] == 200  # the end
    labelled = plots.trajectory(
        frames, 5, [f"step {i}" for i in range(21)], list("abc")
    )
    assert labelled.height > sheet.shape[0] and labelled.width > sheet.shape[1]


GOOD = np.zeros((4, 8, 8, 1), "uint8")


@pytest.mark.parametrize(
    "draw, message",
    [
        (
            lambda: plots.grid(GOOD - 0.5),
            r"images must be uint8.*got float64 in \[-0\.5",
        ),
        (lambda: plots.strip(GOOD.astype("int32")), "got int32"),
        (lambda: plots.grid(GOOD[..., 0]), r"\(n, height, .* got \(4, 8, 8\)"),
        (lambda: plots.grid(GOOD.repeat(4, -1)), "1 or 3 channels"),
        (lambda: plots.grid(GOOD[:0]), "at least one picture"),
        (lambda: plots.grid(GOOD, columns=0), "columns must be .* at least 1; got 0"),
        (lambda: plots.grid(GOOD, columns=2.5), "columns must be a whole number"),
        (lambda: plots.grid(GOOD, scale=0), "scale must be a positive number; got 0"),
        (lambda: plots.grid(GOOD, padding=-1), "padding"),
        (lambda: plots.grid(GOOD, labels=["a"]), "labels must be 4 texts.*got 1"),
        (lambda: plots.captioned_grid(GOOD, "text"), "captions must be .*got 'text'"),
        (lambda: plots.pairs(GOOD, GOOD[:2]), "one shape; got"),
        (lambda: plots.pairs(GOOD, GOOD + 1.5), "reconstructions must be uint8"),
        (lambda: plots.trajectory(GOOD), r"frames must have shape \(steps, n"),
        (lambda: plots.animation(GOOD[0]), "frames must have shape"),
        (lambda: plots.animation(GOOD, seconds=0), "seconds must be in"),
        (lambda: plots.latent_grid(GOOD[0], 2.0, 3), "n must divide"),
        (lambda: plots.latent_grid(GOOD[0], 2.0, 1), "n must be .*at least 2"),
        (lambda: plots.latent_grid(GOOD[0], -1, 2), "extent must be positive"),
        (lambda: plots.latent_map(np.zeros((5, 3))), r"z_mean .*\(5, 3\)"),
        (lambda: plots.latent_map(np.eye(2), [0.5, 1]), "labels must be 2 integers"),
        (lambda: plots.latent_map(np.eye(2), [0, 2], ["a", "b"]), "got 0 to 2"),
        (lambda: plots.training_curves({}), "at least one epoch"),
        (lambda: plots.training_curves([1, 2]), "got list"),
        (lambda: plots.training_curves({"loss": [1]}, ["los"]), r"\['loss'\]; got"),
        (lambda: plots.training_curves({"loss": [1, -2]}, log=True), "loss has -2"),
    ],
)
def test_bad_input_is_one_sentence(draw, message):
    with pytest.raises(ValueError, match=message) as caught:
        draw()
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_missing_log_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no .*gone.csv"):
        plots.training_curves(tmp_path / "gone.csv")


def test_drawing_from_threads_gives_equal_pictures():
    def draw(_):
        return plots.training_curves({"loss": [2.0, 1.0]}, log=True)._repr_png_()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(draw, range(8)))) == 1


def test_import_is_light_and_drawing_leaves_pyplot_alone():
    code = (
        "import sys; from keras_gen import plots;"
        "assert not {'PIL', 'matplotlib', 'keras'} & set(sys.modules);"
        "plots.training_curves({'loss': [2, 1]})._repr_png_();"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
