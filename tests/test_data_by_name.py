"""Data sets by name: what comes, in which size, and what is said where nothing can."""

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import by_name, digits, flowers, load_data
from keras_gen.data.pictures import Pictures


def made(folder, num, captions=False):
    for i in range(num):
        Image.new("RGB", (12, 10), (10 * i, 0, 0)).save(folder / f"{i}.png")
        if captions:
            (folder / f"{i}.txt").write_text(f"picture {i}")
    return str(folder)


def test_flowers_are_as_many_as_asked_and_the_test_shows_others():
    train, test = load_data("flowers", num_pictures=3000, image_size=16, seed=4)
    assert (len(train), len(test)) == (3000, 150)
    assert train.images.shape[1:] == (16, 16, 3)
    np.testing.assert_array_equal(train.images, flowers(3000, 16, seed=4).images)
    seen = {image.tobytes() for image in train.images}
    assert not any(image.tobytes() in seen for image in test.images)
    other, _ = load_data("flowers", num_pictures=3, image_size=16, seed=5)
    assert np.any(other.images != train.images[:3])


def test_digits_are_the_digits():
    for name in ({}, {"image_size": 28}):
        train, test = load_data("digits", **name)
        np.testing.assert_array_equal(train.images, digits()[0].images)
        np.testing.assert_array_equal(test.images, digits()[1].images)


def test_default_sizes_are_those_that_come(tmp_path):
    for name in ("digits", "flowers", made(tmp_path, 2)):
        train, _ = load_data(name, num_pictures=2)
        size = by_name.default_image_size(name)
        assert train.batch(np.arange(1)).shape[1:3] == (size, size)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_downloads_are_asked_for_by_name(monkeypatch, name):
    size = by_name.default_image_size(name)
    pair = tuple(Pictures(np.zeros((n, size, size, 1), "uint8")) for n in (2, 1))

    def loader():
        return pair

    loader.__name__ = name
    monkeypatch.setattr(by_name, name, loader)
    assert load_data(name) is pair


def test_oxford_flowers_leave_their_validation_part_out(monkeypatch):
    asked = []

    def oxford_flowers(image_size):
        asked.append(image_size)
        return "train", "validation", "test"

    monkeypatch.setattr(by_name, "oxford_flowers", oxford_flowers)
    assert load_data("oxford_flowers") == ("train", "test")
    assert load_data("oxford_flowers", 32, captions="required") == ("train", "test")
    assert asked == [64, 32]


def test_a_folder_is_split_by_the_seed(tmp_path):
    name = made(tmp_path, 20)
    train, test = load_data(name, 8, seed=1)
    assert (len(train), len(test)) == (18, 2)
    assert sorted(train.files + test.files) == sorted(
        p.name for p in tmp_path.iterdir()
    )
    assert load_data(name, 8, seed=1)[1].files == test.files
    assert len({tuple(load_data(name, 8, seed=s)[1].files) for s in range(5)}) > 1


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("digits", {"image_size": 32}, "digits have a height and width of 28.* got 32"),
        ("cifar10", {"image_size": 28}, "cifar10 have a height and width of 32"),
        ("digits", {"captions": "required"}, "digits has no captions; .* flowers"),
        ("mnist", {"captions": "required"}, "mnist has no captions; .* flowers"),
    ],
)
def test_what_a_data_set_does_not_have(name, options, message):
    with pytest.raises(ValueError, match=message):
        load_data(name, **options)


def test_an_unknown_name_is_told_the_known_ones(tmp_path):
    with pytest.raises(NotADirectoryError) as caught:
        load_data(str(tmp_path / "digit"))
    message = str(caught.value)
    assert "digit must be a folder of pictures, but it does not exist" in message
    for name in by_name.IMAGE_SIZES:
        assert name in message
    (tmp_path / "digit").write_text("a file")
    with pytest.raises(NotADirectoryError, match=r"it is a file.*oxford_flowers"):
        load_data(str(tmp_path / "digit"))


def test_captions_are_required_of_a_folder_too(tmp_path):
    name = made(tmp_path, 2)
    with pytest.raises(ValueError, match="2 of 2 pictures .* have no caption"):
        load_data(name, 8, captions="required")
    made(tmp_path, 2, captions=True)
    captions = [part.captions for part in load_data(name, 8, captions="required")]
    assert sorted(sum(captions, [])) == ["picture 0", "picture 1"]


def test_a_folder_with_nothing_in_it(tmp_path):
    with pytest.raises(ValueError, match="There is no picture in"):
        load_data(str(tmp_path))
    made(tmp_path, 1)
    with pytest.raises(ValueError, match="has one picture; a split needs two"):
        load_data(str(tmp_path))
