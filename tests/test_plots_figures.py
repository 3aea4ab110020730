"""Animations, figures, and saving: a file is the old one or the whole new one."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from keras_gen import plots


def pictures(*shape, seed=0):
    """Random pictures without pure white, which is the paper."""
    return np.random.default_rng(seed).integers(0, 250, shape, dtype="uint8")


def pixels(picture):
    array = np.asarray(picture)
    return array[..., None] if array.ndim == 2 else array


def frames_of(gif):
    picture = Image.open(io.BytesIO(gif))
    return [
        (np.asarray(frame.convert("RGB")), frame.info["duration"])
        for frame in ImageSequence.Iterator(picture)
    ], picture.info.get("loop")


def test_boomerang_plays_forth_and_back_for_ever_in_the_time_asked_for():
    frames = pictures(6, 8, 8, 3)
    gif = plots.animation(frames, seconds=3.0, scale=1, smooth=False)
    played, loop = frames_of(gif)
    assert loop == 0
    order = [0, 1, 2, 3, 4, 5, 4, 3, 2, 1]
    np.testing.assert_array_equal([p for p, _ in played], frames[order])
    durations = [duration for _, duration in played]
    assert sum(durations) == 3000
    assert durations[0] == durations[5] > 3 * durations[1]  # it rests at both ends


def test_a_process_plays_forward_only_and_never_faster_than_browsers_do():
    gif = plots.animation(pictures(50, 4, 4, 1), seconds=0.1, boomerang=False)
    played, _ = frames_of(gif)
    assert len(played) == 50
    assert min(duration for _, duration in played) == 20


def test_several_pictures_move_in_a_grid():
    frames = pictures(3, 4, 28, 28, 1)
    played, _ = frames_of(plots.animation(frames, smooth=False))
    assert len(played) == 4
    np.testing.assert_array_equal(played[1][0][..., :1], pixels(plots.grid(frames[1])))


def test_colours_of_a_smooth_morph_stay_close():
    ramp = np.linspace(0, 255, 32)
    image = np.stack([*np.meshgrid(ramp, ramp), np.full((32, 32), 90)], -1)
    frames = np.stack([image, image[::-1]]).astype("uint8")
    played, _ = frames_of(plots.animation(frames))
    exact = Image.fromarray(frames[0]).resize((256, 256), Image.Resampling.BICUBIC)
    error = played[0][0].astype(float) - np.asarray(exact)
    assert np.sqrt(np.mean(error**2)) < 8
    local = error.reshape(32, 8, 32, 8, 3).mean(axis=(1, 3))
    assert np.sqrt(np.mean(local**2)) < 1.5  # dithering keeps local means: no bands


def test_animation_writes_what_it_returns_and_shows_itself(tmp_path):
    gif = plots.animation(pictures(3, 8, 8, 1), tmp_path / "deep" / "morph.gif")
    assert (tmp_path / "deep" / "morph.gif").read_bytes() == gif
    assert "data:image/gif;base64," in gif._repr_html_()
    assert len(repr(gif)) < 40


def test_latent_grid_keeps_pixels_and_names_its_axes(tmp_path):
    tiles = pictures(84, 84, 1)
    figure = plots.latent_grid(tiles, extent=2.0, n=3, scale=2)
    drawn = np.asarray(Image.open(plots.save(figure, tmp_path / "g.png")).convert("L"))
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("z[0]", "z[1]")
    # The outermost pictures' centres, not their edges, lie at the extent.
    assert axes.get_xlim() == axes.get_ylim() == (-3.0, 3.0)
    shown = drawn[18:][:168, 104:][:, :168]  # the two axis lines cover its rim
    np.testing.assert_array_equal(shown[2:-4:2, 4:-4:2], tiles[1:-2, 2:-2, 0])


def test_latent_map_draws_every_point_in_its_class_colour():
    z_mean = np.random.default_rng(0).normal(size=(60, 2))
    labels = np.arange(60) % 12  # more classes than colours
    figure = plots.latent_map(z_mean, labels)
    drawn = {}
    for group in figure.axes[0].collections:
        colours = group.get_facecolor()[:, :3]
        for point, colour in zip(np.asarray(group.get_offsets()), colours, strict=True):
            drawn[tuple(point)] = (tuple(colour), len(group.get_paths()[0]))
    assert drawn.keys() == {tuple(point) for point in z_mean}
    looks = {
        label: {drawn[tuple(point)] for point in z_mean[labels == label]}
        for label in range(12)
    }
    assert all(len(look) == 1 for look in looks.values())
    assert len({next(iter(look)) for look in looks.values()}) == 12
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names == [str(label) for label in range(12)]


def test_training_curves_from_history_dictionary_and_log_file(tmp_path):
    history = {
        "loss": [3.0, 2.0, 1.5],
        "val_loss": [3.5, 2.5, 2.0],
        "kl_loss": [0.1, 0.2, 0.3],
        "learning_rate": [1e-3] * 3,
    }
    file = tmp_path / "log.csv"
    rows = zip(range(3), *history.values(), strict=True)
    lines = [",".join(["epoch", *history]), *(",".join(map(str, row)) for row in rows)]
    file.write_text("\n".join(lines))
    returned = type("History", (), {"history": history})()
    for source in (history, returned, file, str(file)):
        panels = plots.training_curves(source).axes
        assert [axes.get_title("left") for axes in panels] == ["loss", "kl loss"]
        train, validation = panels[0].lines
        np.testing.assert_array_equal(train.get_xydata(), [[1, 3], [2, 2], [3, 1.5]])
        np.testing.assert_array_equal(validation.get_ydata(), history["val_loss"])
    only = plots.training_curves(history, names="loss", log=True)
    assert len(only.axes) == 1 and only.axes[0].get_yscale() == "log"


def test_epochs_without_a_value_are_bridged(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("epoch,loss,val_loss\n0,3,\n1,2,2.5\n2,nan,\n3,1,NA\n4,1,1.5\n")
    train, validation = plots.training_curves(file).axes[0].lines
    assert train.get_xdata().tolist() == [1, 2, 4, 5]
    assert validation.get_xydata().tolist() == [[2, 2.5], [5, 1.5]]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.webp", "a.gif"])
def test_pictures_are_saved_by_extension(tmp_path, name):
    path = plots.save(plots.grid(pictures(1, 28, 28, 3)), tmp_path / "new" / name)
    with Image.open(path) as saved:
        expected = path.suffix[1:].lower().replace("jpg", "jpeg")
        assert saved.format.lower() == expected and saved.size == (116, 116)


@pytest.mark.parametrize(
    "name, start", [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")]
)
def test_figures_are_saved_by_extension(tmp_path, name, start):
    figure = plots.training_curves({"loss": [2.0, 1.0]})
    assert plots.save(figure, tmp_path / name).read_bytes().startswith(start)
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("moment", ["pathlib.Path.write_bytes", "os.replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch, moment, failure):
    path = plots.save(plots.grid(pictures(1, 4, 4, 1)), tmp_path / "a.png")
    old = path.read_bytes()

    def fail(target, *args):
        if moment != "os.replace":
            with open(target, "wb") as file:
                file.write(b"half")
        raise failure

    monkeypatch.setattr(moment, fail)
    with pytest.raises(type(failure)) as caught:
        plots.save(plots.grid(pictures(1, 4, 4, 1, seed=1)), path)
    monkeypatch.undo()
    if isinstance(failure, OSError):
        assert str(caught.value) == f"Cannot write {str(path)!r}: No space left."
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_saving_says_what_is_wrong(tmp_path):
    picture = plots.grid(pictures(1, 4, 4, 1))
    figure = plots.training_curves({"loss": [2.0, 1.0]})
    gif = plots.animation(pictures(2, 4, 4, 1))
    for wrong, name in ((picture, "a.bmpx"), (picture, "a"), (gif, "a.png")):
        with pytest.raises(ValueError, match=r"path must end in .*\.gif.*; got '.*a"):
            plots.save(wrong, tmp_path / name)
    with pytest.raises(ValueError, match=r"\.svg for a figure; got"):
        plots.save(figure, tmp_path / "a.gif")
    with pytest.raises(TypeError, match="got ndarray: make one"):
        plots.save(pictures(4, 4, 1), tmp_path / "a.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"Cannot write '.*a\.png': .+\."):
        plots.save(picture, tmp_path / "file" / "a.png")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(OSError, match=r"Cannot write '.*b\.png': .+\."):
        plots.save(picture, tmp_path / "b.png")
