"""A user's own pictures: every kind of file, captions, and what is wrong with them."""

import json
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import Batches, folder

RED, GREEN, BLUE = (200, 30, 40), (20, 180, 60), (30, 60, 220)


def flat(colour=RED, size=(20, 20), mode="RGB"):
    return Image.new(mode, size, colour)


def made(tmp_path, names, colour=RED):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        flat(colour).save(path)
    return tmp_path


def only(tmp_path, image, name="a.png", size=8, channels=3, **save):
    """Save one picture and read it back through `folder`."""
    image.save(tmp_path / name, **save)
    return folder(tmp_path, size, channels).batch([0])[0]


def close(image, colour, atol=3):
    expected = np.broadcast_to(colour, image.shape)
    np.testing.assert_allclose(image, expected, atol=atol)


# Files


@pytest.mark.parametrize("extension", "jpg jpeg JPG png webp bmp gif tif tiff".split())
def test_every_extension(tmp_path, extension):
    close(only(tmp_path, flat(), f"a.{extension}"), RED, atol=6)


def test_sorted_recursive_and_nothing_else(tmp_path):
    names = ["b/2.png", "b/1.png", "a/9.png", "a/deep/0.png", ".hidden.png", ".h/x.png"]
    made(tmp_path, names)
    (tmp_path / "notes.md").write_text("no picture")
    pictures = folder(tmp_path)
    assert pictures.files == ["a/9.png", "a/deep/0.png", "b/1.png", "b/2.png"]
    assert pictures.labels.tolist() == [0, 0, 1, 1]
    assert pictures.class_names == ("a", "b")


@pytest.mark.parametrize("names", [["a.png", "x/b.png"], ["x/a.png", "x/b.png"]])
def test_no_labels_without_at_least_two_sub_folders(tmp_path, names):
    assert folder(made(tmp_path, names)).labels is None


# Modes


@pytest.mark.parametrize(
    "mode, colour, expected",
    [
        ("L", 77, (77,) * 3),
        ("1", 1, (255,) * 3),
        ("LA", (50, 0), (255,) * 3),
        ("RGBA", (*RED, 255), RED),
        ("RGBA", (*RED, 0), (255,) * 3),
        ("RGBA", (0, 0, 0, 128), (127,) * 3),
        ("I;16", 77 * 257, (77,) * 3),
    ],
)
def test_modes_of_png(tmp_path, mode, colour, expected):
    close(only(tmp_path, flat(colour, mode=mode)), expected, atol=1)


def test_palette_with_and_without_transparency(tmp_path):
    image = flat().convert("P", palette=Image.Palette.ADAPTIVE)
    close(only(tmp_path, image), RED)
    index = image.getpixel((0, 0))
    close(only(tmp_path, image, transparency=index), (255,) * 3)


@pytest.mark.parametrize(
    "image, expected",
    [
        (flat((0, 255, 255, 0), mode="CMYK"), (255, 0, 0)),
        (flat(0.5, mode="F"), (128,) * 3),
        (flat(130.0, mode="F"), (130,) * 3),
        (flat(77 * 257, mode="I"), (77,) * 3),
    ],
)
def test_modes_of_tiff(tmp_path, image, expected):
    close(only(tmp_path, image, "a.tif"), expected, atol=1)


def test_cmyk_jpeg(tmp_path):
    image = flat((0, 255, 255, 0), mode="CMYK")
    close(only(tmp_path, image, "a.jpg"), (255, 0, 0), atol=6)


def test_sixteen_bit_grey_keeps_its_order(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype("uint16").reshape(1, -1).repeat(64, 0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    row = folder(tmp_path, 64, 1).batch([0])[0, 0, :, 0]
    np.testing.assert_allclose(row, ramp[0] / 257, atol=1)


@pytest.mark.parametrize("extension", ["gif", "webp", "png"])
def test_of_an_animation_the_first_frame(tmp_path, extension):
    frames = [flat(RED), flat(GREEN), flat(BLUE)]
    image = only(
        tmp_path,
        frames[0],
        f"a.{extension}",
        save_all=True,
        append_images=frames[1:],
    )
    close(image, RED, atol=6)


def test_grey(tmp_path):
    image = only(tmp_path, flat((90, 90, 90)), channels=1)
    assert image.shape == (8, 8, 1)
    close(image, (90,))


# Geometry


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_tag(tmp_path, orientation):
    """A picture stored in any of the eight ways comes out the same, upright."""
    upright = np.zeros((32, 32, 3), "uint8")
    upright[:16, :16], upright[:16, 16:], upright[16:, :16] = RED, GREEN, BLUE
    undo = {  # how a camera that writes this tag has stored the upright picture
        1: lambda x: x,
        2: lambda x: x[:, ::-1],
        3: lambda x: x[::-1, ::-1],
        4: lambda x: x[::-1],
        5: lambda x: x.swapaxes(0, 1),
        6: lambda x: np.rot90(x, 1),
        7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
        8: lambda x: np.rot90(x, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    image = only(tmp_path, stored, "a.jpg", size=32, exif=exif, quality=95)
    for place, colour in [((8, 8), RED), ((8, 24), GREEN), ((24, 8), BLUE)]:
        np.testing.assert_allclose(image[place], colour, atol=12)


def test_crops_to_the_middle_in_the_right_shape(tmp_path):
    wide = np.zeros((30, 90, 3), "uint8")
    wide[:, :30], wide[:, 30:60], wide[:, 60:] = RED, GREEN, BLUE
    Image.fromarray(wide).save(tmp_path / "a.png")
    square = folder(tmp_path, 30).batch([0])[0]
    close(square[:, 2:-2], GREEN)
    flat_shape = folder(tmp_path, (10, 30)).batch([0])
    assert flat_shape.shape == (1, 10, 30, 3)
    np.testing.assert_allclose(flat_shape[0, 5, [2, 15, 27]], [RED, GREEN, BLUE])


def test_small_ones_are_enlarged(tmp_path):
    assert only(tmp_path, flat(size=(3, 2)), size=16).shape == (16, 16, 3)


@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_resizing_is_antialiased(tmp_path, extension):
    """A chessboard of single pixels becomes grey, not a pattern of its own."""
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype("uint8")
    image = only(
        tmp_path, Image.fromarray(board), f"a.{extension}", size=24, channels=1
    )
    np.testing.assert_allclose(image, 127, atol=4)


# Captions


def test_captions_of_metadata_csv(tmp_path):
    made(tmp_path, ["a.png", "sub/b.png"])
    (tmp_path / "metadata.csv").write_text(
        "\ufefffile_name,text,licence\n"
        'sub/b.png,"blue, and\n tall",CC0\n'
        "a.png,red,CC0\n"
    )
    assert folder(tmp_path).captions == ["red", "blue, and tall"]


def test_captions_of_metadata_jsonl_beside_the_pictures(tmp_path):
    made(tmp_path, ["x/a.png", "x/b.png", "c.png"])
    rows = [{"file_name": "b.png", "caption": "ein Veilchen, schön"}]
    (tmp_path / "x/metadata.jsonl").write_text(
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n"
    )
    pictures = folder(tmp_path)
    assert dict(zip(pictures.files, pictures.captions, strict=True)) == {
        "c.png": "",
        "x/a.png": "",
        "x/b.png": "ein Veilchen, schön",
    }


def test_captions_of_text_files(tmp_path):
    made(tmp_path, ["a.png", "b.c.jpg"])
    (tmp_path / "a.txt").write_text(" a red\nsquare \n")
    (tmp_path / "b.c.txt").write_text("another")
    assert folder(tmp_path).captions == ["a red square", "another"]
    assert folder(tmp_path, captions="none").captions is None


def test_no_captions(tmp_path):
    assert folder(made(tmp_path, ["a.png"])).captions is None


@pytest.mark.parametrize(
    "name, text, message",
    [
        (
            "metadata.csv",
            "name,text\na.png,x",
            "line 1: .*file_name and text.*name, te",
        ),
        ("metadata.csv", "file_name,words\na.png,x", "line 2: .*got file_name, words"),
        ("metadata.csv", "", "line 1: .*got none"),
        ("metadata.csv", "file_name,text\na.png,x\na.png", "line 3: .*got fewer"),
        ("metadata.csv", "file_name,text\na.png,x, y", "line 2: .*got more"),
        ("metadata.csv", 'file_name,text\na.png,"x', "line 2: .*unexpected end"),
        ("metadata.csv", "file_name,text\na.png,x\na.png,y", "line 3: .*already"),
        ("metadata.csv", "file_name,text\nb.png,x", "names b.png, but no such picture"),
        ("metadata.csv", "file_name,text\n../a.png,x", "names ../a.png, but no"),
        ("metadata.jsonl", '{"file_name": "a.png"}', "line 1: .*got file_name"),
        ("metadata.jsonl", '\n{"file_name": "a.png', "line 2: this is not JSON"),
        ("metadata.jsonl", '["a.png", "x"]', "line 1: expected an object"),
        ("metadata.jsonl", '{"file_name": 3, "text": "x"}', "line 1: .*got 3"),
    ],
)
def test_malformed_captions(tmp_path, name, text, message):
    made(tmp_path, ["a.png"])
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        folder(tmp_path)
    assert name in str(error.value) and "\n" not in str(error.value)


def test_captions_that_are_not_utf8(tmp_path):
    made(tmp_path, ["a.png"])
    (tmp_path / "a.txt").write_bytes("schön".encode("latin-1"))
    with pytest.raises(ValueError, match="a.txt must be UTF-8"):
        folder(tmp_path)


def test_two_metadata_files(tmp_path):
    made(tmp_path, ["a.png"])
    (tmp_path / "metadata.csv").write_text("file_name,text\na.png,x")
    (tmp_path / "metadata.jsonl").write_text("")
    with pytest.raises(ValueError, match="both metadata.csv and metadata.jsonl"):
        folder(tmp_path)


def test_required_captions(tmp_path):
    made(tmp_path, [f"{i}.png" for i in range(6)])
    (tmp_path / "3.txt").write_text("three")
    with pytest.raises(
        ValueError, match=r"5 of 6 .*\(0.png, 1.png, 2.png and 2 more\)"
    ):
        folder(tmp_path, captions="required")


# Broken pictures


def broken(tmp_path, name, kind="nonsense"):
    path = tmp_path / name
    if kind == "truncated":
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype="uint8")
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:3000])
    elif kind == "bomb":
        header = struct.pack(">IIBBBBB", 60000, 60000, 1, 0, 0, 0, 0)
        chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(b"")]
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(chunk) - 4)
                + chunk
                + struct.pack(">I", zlib.crc32(chunk))
                for chunk in chunks
            )
        )
    else:
        path.write_bytes({"empty": b"", "nonsense": b"not a picture"}[kind])


KINDS = {
    "nonsense": "it is not a picture",
    "empty": "it is not a picture",
    "truncated": "truncated",
    "bomb": "more than 178 million pixels",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_picture_is_named_once_and_replaced(tmp_path, kind):
    made(tmp_path, ["a.png"])
    broken(tmp_path, "b.png", kind)
    made(tmp_path, ["c.png"], GREEN)
    pictures = folder(tmp_path, 8)
    with pytest.warns(UserWarning, match=f"b.png: .*{KINDS[kind]}") as warned:
        first = pictures.batch([0, 1, 1])
    assert len(warned) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = pictures.batch([0, 1, 1])
    np.testing.assert_array_equal(first, again)
    close(first[0], RED)
    close(first[1], GREEN)
    assert pictures.resolve([0, 1, 2]).tolist() == [0, 2, 2]
    assert pictures.skipped == ["b.png"]
    assert "Skipped 1 of 3 pictures" in pictures.summary()


def test_the_stand_in_does_not_depend_on_what_was_read_before(tmp_path):
    made(tmp_path, ["a.png", "e.png"])
    for name in ["b.png", "c.png", "d.png", "f.png"]:
        broken(tmp_path, name)
    results = []
    for order in ([0, 1, 2, 3, 4, 5], [5, 3, 2, 1], [2, 5, 1, 3]):
        pictures = folder(tmp_path, 8)
        with pytest.warns(UserWarning):
            for index in order:
                pictures.batch([index])
        assert sorted(pictures.skipped) == ["b.png", "c.png", "d.png", "f.png"]
        results.append(pictures.resolve([1, 2, 3, 5]).tolist())
    assert results == [[4, 4, 4, 0]] * 3


def test_strict(tmp_path):
    made(tmp_path, ["a.png"])
    broken(tmp_path, "b.png")
    with pytest.raises(ValueError, match="b.png cannot be read: it is not a picture"):
        folder(tmp_path, strict=True).batch([0, 1])


def test_check_reads_everything(tmp_path):
    made(tmp_path, [f"{i:03}.png" for i in range(70)])
    broken(tmp_path, "069.png")
    assert folder(made(tmp_path / "good", ["a.png"])).check().startswith("None of")
    with pytest.warns(UserWarning, match="069.png"):
        assert "Skipped 1 of 71" in folder(tmp_path, 4).check()
    with pytest.raises(ValueError, match="069.png cannot be read"):
        folder(tmp_path, 4, strict=True).check()


def test_all_broken(tmp_path):
    for name in ["a.png", "b.png"]:
        broken(tmp_path, name)
    with pytest.raises(ValueError, match="None of the 2 pictures") as error:
        with pytest.warns(UserWarning):
            folder(tmp_path).batch([0])
    assert "a.png" in str(error.value)


def test_training_on_a_folder_keeps_captions_with_their_pictures(tmp_path):
    made(tmp_path, ["a.png"], RED)
    broken(tmp_path, "b.png")
    made(tmp_path, ["c.png"], BLUE)
    pictures = folder(tmp_path, 4)
    reds = np.array([200, 0, 30])
    batches = Batches(pictures, 3, extra={"red": reds})
    with pytest.warns(UserWarning, match="b.png"):
        batch = batches[0]
    assert batch["images"].shape == (3, 4, 4, 3)
    np.testing.assert_array_equal(batch["images"][:, 0, 0, 0], batch["red"])


# Parts


def test_split(tmp_path):
    pictures = folder(made(tmp_path, [f"{i % 2}/{i:02}.png" for i in range(20)]))
    train, validation = pictures.split(0.75, seed=1)
    assert (len(train), len(validation)) == (15, 5)
    assert sorted(train.files + validation.files) == pictures.files
    assert validation.files == pictures.split(0.75, seed=1)[1].files
    assert validation.files != pictures.split(0.75, seed=2)[1].files
    names = [train.class_names[label] for label in train.labels]
    assert names == [file.split("/")[0] for file in train.files]


def test_a_stand_in_never_comes_from_the_other_part(tmp_path):
    made(tmp_path, ["a.png", "c.png"], RED)
    broken(tmp_path, "b.png")
    made(tmp_path, ["d.png"], GREEN)
    part = folder(tmp_path, 4).take([1, 3])
    with pytest.warns(UserWarning, match="b.png"):
        close(part.batch([0])[0], GREEN)


@pytest.mark.parametrize("fraction", [0, 1, 1.5])
def test_bad_fraction(tmp_path, fraction):
    with pytest.raises(ValueError, match="fraction must be between 0 and 1"):
        folder(made(tmp_path, ["a.png", "b.png"])).split(fraction)


def test_one_picture_cannot_be_split(tmp_path):
    with pytest.raises(ValueError, match="two or more"):
        folder(made(tmp_path, ["a.png"])).split()


# Bad arguments


def test_no_folder(tmp_path):
    with pytest.raises(
        NotADirectoryError, match="nothing must be a folder .*not exist"
    ):
        folder(tmp_path / "nothing")
    made(tmp_path, ["a.png"])
    with pytest.raises(NotADirectoryError, match="a.png must be a folder .*is a file"):
        folder(tmp_path / "a.png")


def test_empty_folder(tmp_path):
    (tmp_path / "readme.md").write_text("")
    with pytest.raises(ValueError, match="There is no picture in .*jpg .jpeg .png"):
        folder(tmp_path)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_size": 0}, "image_size must be a positive integer .* got 0"),
        ({"image_size": (8, 8, 3)}, r"image_size .* got \(8, 8, 3\)"),
        ({"image_size": 8.5}, "image_size .* got 8.5"),
        ({"channels": 4}, "channels must be 1 .* or 3 .* got 4"),
        ({"captions": "all"}, "captions must be .* got 'all'"),
    ],
)
def test_bad_arguments(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        folder(made(tmp_path, ["a.png"]), **arguments)
