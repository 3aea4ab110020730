"""Pairs of pictures: outlines and nights of flowers, and a user's own folders."""

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import (
    flower_nights,
    flower_outlines,
    flowers,
    folder_pairs,
    load_data,
    unpaired_folders,
)
from keras_gen.data.flower_pairs import DARKNESS, STARS, outlines
from keras_gen.data.flowers import flower_masks
from keras_gen.data.pairs import flower_pairs

NUM = 40


def write(path, colour, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_lines_are_where_colours_change():
    """A square on a ground: its rim from both sides, and nothing within or without."""
    image = np.full((1, 8, 8, 3), 50, "uint8")
    image[0, 2:6, 2:6] = (200, 10, 90)
    drawn = outlines(image)[0]
    rim = np.zeros((8, 8), bool)
    rim[1:7, 1:7] = True
    rim[3:5, 3:5] = False
    rim[[1, 1, 6, 6], [1, 6, 1, 6]] = False  # corners touch it by no side
    np.testing.assert_array_equal((drawn != 255).any(axis=-1), rim)
    np.testing.assert_array_equal(drawn[rim], image[0][rim])


def test_outlines_are_of_the_same_flowers():
    drawn, day = flower_outlines(NUM), flowers(NUM).images
    np.testing.assert_array_equal(drawn, outlines(day))
    white = (drawn == 255).all(axis=-1).mean()
    assert 0.3 < white < 0.8, white  # a drawing, and not a painting


def test_nights_are_of_the_same_flowers_and_dark():
    night, day = flower_nights(NUM), flowers(NUM).images.astype("float64")
    blossom = flower_masks(NUM)[..., 0] > 0
    grey = day.mean(axis=-1, keepdims=True)
    expected = (day + grey) / 2 * DARKNESS
    np.testing.assert_allclose(night[blossom], expected[blossom], atol=0.6)
    stars = (night == 235).all(axis=-1)
    assert not stars[blossom].any()
    assert abs(stars[~blossom].mean() - STARS) < STARS / 4
    np.testing.assert_array_equal(night[:2], flower_nights(2))  # more only appends
    assert (flower_nights(NUM, seed=1) != night).any()


@pytest.mark.parametrize("name", ["flower_outlines", "flower_nights"])
def test_partners_are_partners_and_others_are_not(name):
    draw = {"flower_outlines": flower_outlines, "flower_nights": flower_nights}[name]
    pairs = flower_pairs(name, 3, 16)
    np.testing.assert_array_equal(pairs.sources.images, draw(3, 16))
    np.testing.assert_array_equal(pairs.batch([2, 0]), flowers(3, 16).images[[2, 0]])
    other = flower_pairs(name, 3, 16, paired=False)
    assert not other.paired
    assert (
        not (other.batch_of_sources([0, 1, 2]) == draw(3, 16)).all(axis=(1, 2, 3)).any()
    )
    train, test = load_data(name, 16, num_pictures=3, sources="unpaired")
    assert (train.paired, test.paired) == (False, True)


def test_two_folders_are_matched_by_name(tmp_path):
    for name, shade in (("b", 40), ("sub/a", 90), ("b-1", 10)):
        write(tmp_path / "sources" / f"{name}.png", (shade, 0, 0))
        ending = "bmp" if name == "b" else "png"
        write(tmp_path / "images" / f"{name}.{ending}", (0, shade, 0))
    pairs = folder_pairs(tmp_path, image_size=8)
    rows = range(3)
    shades = pairs.batch_of_sources(rows)[..., 0], pairs.batch(rows)[..., 1]
    np.testing.assert_array_equal(*shades)
    assert sorted(shades[0][:, 0, 0].tolist()) == [10, 40, 90]
    train, test = pairs.split(0.7)
    assert (len(train), len(test)) == (2, 1)
    np.testing.assert_array_equal(
        train.batch_of_sources([0, 1])[..., 0], train.batch([0, 1])[..., 1]
    )


def test_side_by_side(tmp_path):
    for shade in (10, 200):
        both = Image.new("RGB", (16, 8), (shade, 0, 0))
        both.paste((0, shade, 0), (8, 0, 16, 8))
        both.save(tmp_path / f"{shade}.png")
    train, test = load_data(str(tmp_path), 8, sources="paired")
    for part in (train, test):
        source, image = part.batch_of_sources([0])[0], part.batch([0])[0]
        assert source.shape == image.shape == (8, 8, 3)
        shade = source[0, 0, 0]
        assert (source == (shade, 0, 0)).all() and (image == (0, shade, 0)).all()


def test_what_is_no_pair_may_be_more_of_one_kind(tmp_path):
    for kind, num in (("sources", 3), ("images", 2)):
        for i in range(num):
            write(tmp_path / kind / f"{i}.png", (i, i, i))
    pairs = unpaired_folders(tmp_path, image_size=8)
    assert len(pairs) == 3 and not pairs.paired
    assert pairs.batch(range(3))[:, 0, 0, 0].tolist() == [0, 1, 0]
    train, test = pairs.split(0.5)
    assert not train.paired and len(train) == 2 and len(test) == 1


def test_bad_input(tmp_path):
    with pytest.raises(NotADirectoryError, match="does not exist"):
        folder_pairs(tmp_path / "none")
    write(tmp_path / "sources" / "a.png", "red")
    with pytest.raises(NotADirectoryError, match="images must be a folder"):
        folder_pairs(tmp_path)
    write(tmp_path / "images" / "b.png", "red")
    with pytest.raises(ValueError, match="1 of the 1 pictures in sources have no p"):
        folder_pairs(tmp_path)
    write(tmp_path / "images" / "a.png", "red")
    with pytest.raises(ValueError, match=r"1 of the 2 pictures in images have .*\(b\)"):
        folder_pairs(tmp_path)
    write(tmp_path / "sources" / "b.png", "red")
    write(tmp_path / "sources" / "b.bmp", "red")
    with pytest.raises(ValueError, match="several pictures of one name"):
        folder_pairs(tmp_path)
    with pytest.raises(ValueError, match="flower_nights are pairs of pictures; what l"):
        load_data("flower_nights")
    with pytest.raises(ValueError, match="digits has no pairs of pictures; what has"):
        load_data("digits", sources="paired")
