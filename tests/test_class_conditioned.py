"""Diffusion models that are told classes, or attributes; and the labels themselves."""

import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_gen import cli, evaluation, training
from keras_gen.data import Batches, Pictures, flowers, folder
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.diffusion import (
    ClassConditionedDiffusionModel,
    CosineSchedule,
    DiffusionModel,
    autoguided,
    build_unet,
)
from keras_gen.evaluation.per_picture import measure_each
from keras_gen.labels import check_labels, labels_in_turn, one_hot, with_labels

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
SHAPE = (8, 8, 1)
SIZES = tuple(map(len, ATTRIBUTES.values()))
SMALL = ["--widths", "4", "8", "--epochs", "1", "--batch-size", "32", "--target"]
SMALL += ["noise", "--no-self-attention", "--patch-size", "2"]


def made(num_classes=2, shape=SHAPE, **how):
    network = build_unet(shape, (4, 8), 1, num_classes=num_classes, modulated=True)
    how |= {"normalizer": ZOO["normalizer"](), "seed": 0}
    return ClassConditionedDiffusionModel(network, num_classes, **how)


@pytest.fixture(scope="module")
def several():
    """Of two attributes, whose network says something of its own."""
    return ZOO["fill"](made((2, 3)))


def masks(model, *context):
    noisy = ZOO["random"](3, *SHAPE)
    rates = np.full((3, 1, 1, 1), 0.6, "float32"), np.full((3, 1, 1, 1), 0.8, "float32")
    return keras.ops.convert_to_numpy(model.denoise(noisy, *rates, *context)[1])


# ------------------------------------------------------------------------- labels


def test_vectors_of_labels():
    labels = np.random.default_rng(0).integers(0, (4, 2, 3), (20, 3))
    found = keras.ops.convert_to_numpy(one_hot(labels, (4, 2, 3)))
    parts = [np.eye(n)[column] for n, column in zip((4, 2, 3), labels.T, strict=True)]
    np.testing.assert_array_equal(found, np.concatenate(parts, axis=1))
    single = keras.ops.convert_to_numpy(one_hot(labels[:, 0], 4))
    np.testing.assert_array_equal(single, parts[0])


def test_each_seed_has_an_order_of_its_own():
    first, second = (labels_in_turn(30, (4, 3, 5), seed) for seed in (0, 1))
    assert (first != second).any()
    np.testing.assert_array_equal(first, labels_in_turn(30, (4, 3, 5)))
    for labels in (first, second):
        assert [len(set(column)) for column in labels.T] == [4, 3, 5]
    np.testing.assert_array_equal(labels_in_turn(5, 3, seed=7), [0, 1, 2, 0, 1])


@pytest.mark.parametrize("attributes", [40, 80])
def test_more_combinations_than_memory_holds(attributes):
    sizes = (2,) * attributes
    labels = labels_in_turn(50, sizes, seed=3)
    check_labels(labels, sizes, 50)
    assert [len(set(column)) for column in labels.T] == [2] * attributes
    np.testing.assert_array_equal(labels, labels_in_turn(50, sizes, seed=3))
    assert (labels != labels_in_turn(50, sizes)).any()


def test_labels_may_be_a_list():
    images = np.zeros((4, *SHAPE), "uint8")
    for labels, num_classes in (([0, 1, 1, 0], 2), ([[0, 2]] * 4, (2, 3))):
        given = {"images": images, "labels": labels}
        found = with_labels(given, num_classes)
        np.testing.assert_array_equal(found["labels"], labels)
        assert given["labels"] is labels
        model = made(num_classes)
        model.compile("adam")
        model.fit(given, verbose=0)
    with pytest.raises(ValueError, match="2 a picture; got lists of different lengths"):
        with_labels({"images": images, "labels": [[0, 1], [0]]}, (2, 3))


def test_a_folder_is_fed_with_its_labels(tmp_path):
    for name in ("a/0.png", "a/1.png", "b/0.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8)).save(tmp_path / name)
    x = folder(tmp_path, 8, channels=1)
    model = made()
    model.compile("adam")
    with pytest.raises(ValueError, match="x is a Folder.* give Batches") as caught:
        model.fit(x, verbose=0)
    advice = str(caught.value).split("give ")[1].removesuffix(".")
    model.fit(eval(advice, {"Batches": Batches, "x": x}), verbose=0)
    said = "pictures with labels.* oxford_flowers and a folder with a sub-folder"
    with pytest.raises(ValueError, match=said):
        model.fit(folder(tmp_path / "a", 8, channels=1), verbose=0)


def test_labels_as_many_as_pictures():
    check_labels([0, 1], 2, 2)
    with pytest.raises(ValueError, match="as many as the 3 pictures; got 2"):
        check_labels([0, 1], 2, 3)


def test_pictures_bring_their_labels_or_attributes():
    pictures, feed = flowers(4), object()
    found = with_labels(pictures, 10)
    np.testing.assert_array_equal(found["labels"], pictures.labels)
    found = with_labels(pictures, SIZES)
    assert found["images"] is pictures.images
    expected = np.stack([*pictures.attributes.values()], axis=1)
    np.testing.assert_array_equal(found["labels"], expected)
    assert with_labels(feed, 10) is feed


# ---------------------------------------------------------------------- the model


def test_it_draws_the_class_that_is_asked_for():
    """Dark pictures and bright ones; without guidance by the class, either."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 96)
    grey = np.array([60, 195])[labels][:, None, None, None]
    images = np.clip(grey + rng.integers(-8, 9, (96, *SHAPE)), 0, 255).astype("uint8")
    model = made(ema=0.9, target="velocity")
    model.compile(keras.optimizers.Adam(1e-2))
    data = Pictures(images, labels=labels)
    model.fit(data, batch_size=32, epochs=40, verbose=0)
    means = model.generate([0, 1] * 8, 8, seed=0).mean(axis=(1, 2, 3))
    assert means[1::2].min() - means[::2].max() > 60, means
    in_turn = model.generate(16, 8, seed=0)
    np.testing.assert_array_equal(in_turn, model.generate([0, 1] * 8, 8, 0))
    dark, bright = (
        model.generate([label] * 4, 8, seed=0, guidance_scale=0.0) for label in (0, 1)
    )
    np.testing.assert_array_equal(dark, bright)


def test_hidden_labels_change_nothing(several):
    """What training computes where every label is dropped."""
    labels = several.labels_in_turn(8)
    images = np.random.default_rng(1).integers(0, 256, (8, *SHAPE), dtype="uint8")
    model = ZOO["fill"](made((2, 3), drop_rate=1.0))
    losses = []
    for asked in (labels, labels[::-1]):
        training.seed_generators(model, 0, epoch=0)
        _, masks, _ = model({"images": images, "labels": asked}, training=True)
        losses.append(keras.ops.convert_to_numpy(masks))
    np.testing.assert_array_equal(*losses)


def test_a_rare_class_is_told_in_training_as_in_use():
    """Whatever else a batch has: its statistics say nothing of a class."""
    network = build_unet(
        SHAPE, (4, 8), 1, num_classes=50, modulated=True, normalization="group"
    )
    network = ZOO["fill"](network)
    noisy, rates = ZOO["random"](3, *SHAPE), np.full((3, 1, 1, 1), 0.6, "float32")
    labels = keras.ops.convert_to_numpy(one_hot([7, 7, 7], 50))
    found = [
        keras.ops.convert_to_numpy(network([noisy, rates, labels], training=training))
        for training in (True, False)
    ]
    np.testing.assert_array_equal(*found)


def test_without_labels_it_denoises_pictures_of_any_class(several):
    nothing, red = np.zeros((3, 5), "float32"), one_hot([[1, 2]] * 3, (2, 3))
    np.testing.assert_array_equal(masks(several), masks(several, nothing))
    assert np.abs(masks(several) - masks(several, red)).max() > 1e-3


def test_walks_are_the_same_with_a_name_or_a_place(several):
    asked = several.labels_in_turn(3, seed=5)
    frames = several.trajectory(3, 2, 5, guidance_scale=1.5)
    assert frames.shape == (3, 3, *SHAPE)
    how = {"diffusion_steps": 2, "seed": 5, "guidance_scale": 1.5}
    drawn = several.generate(asked, **how, sampler="ddim")
    assert np.abs(frames[-1].astype(int) - drawn).max() <= 1
    plain = several.generate(asked, **how | {"guidance_scale": 1.0})
    assert (plain != drawn).any()


def test_other_classes_compile_nothing_new():
    asked = []

    class Counting(CosineSchedule):
        def __call__(self, diffusion_times):  # asked while a program is traced
            asked.append(diffusion_times)
            return super().__call__(diffusion_times)

    model = made((2, 3), schedule=Counting())
    model.generate(6, diffusion_steps=2, seed=0)
    asked.clear()
    model.generate([[1, 2]] * 5, diffusion_steps=4, seed=1, guidance_scale=0.5)
    assert asked == []


def test_one_file_holds_it(several, tmp_path):
    several.save(tmp_path / "told.keras")
    loaded = training.load_model(tmp_path / "told.keras")
    assert loaded.num_classes == (2, 3)
    expected = several.generate(4, 3, seed=0)
    np.testing.assert_array_equal(loaded.generate(4, 3, seed=0), expected)


def test_what_does_not_fit_is_one_sentence(several):
    images = np.zeros((4, *SHAPE), "uint8")
    several.compile("adam")
    for given, said in (
        (images, "x must be Pictures with labels, or a dict .* got ndarray"),
        (Pictures(images), "A conditional model needs pictures with attributes"),
        ({"images": images}, "entries images and labels; missing: labels"),
        (
            {"images": images, "labels": np.zeros((3, 2), int)},
            "as many as the 4 pictures; got 3",
        ),
        ([images], "x must be an array or a feed"),
    ):
        with pytest.raises(ValueError, match=said):
            several.fit(given, verbose=0)
    with pytest.raises(ValueError, match=r"labels must be from 0 to 1, 2; got \[0 3\]"):
        several.generate([[0, 3]])
    with pytest.raises(ValueError, match="num_images must be a positive integer"):
        several.generate(0)
    network = build_unet(SHAPE, (4, 8), 1, num_classes=4)
    with pytest.raises(ValueError, match=r"build_unet num_classes=\(2, 3\); got \(4"):
        ClassConditionedDiffusionModel(network, (2, 3))
    network = build_unet(SHAPE, (4, 8), 1, text_shape=(5,), negative=True)
    with pytest.raises(ValueError, match=r"got \(5,\) and negative=True"):
        ClassConditionedDiffusionModel(network, (2, 3))
    with pytest.raises(ValueError, match="num_classes must be a positive integer"):
        ClassConditionedDiffusionModel(network, 0)
    with pytest.raises(ValueError, match="model must draw without a text or labels"):
        autoguided(several, several)
    plain = DiffusionModel(build_unet(SHAPE, (4, 8), 1))
    with pytest.raises(ValueError, match="guide must draw without a text or labels"):
        autoguided(plain, several)


# --------------------------------------------------------------- from the outside


@pytest.fixture(scope="module")
def trainings(tmp_path_factory):
    """Trainings on digits and their classes, and on flowers and their attributes."""
    home = tmp_path_factory.mktemp("told")
    for data, *more in (
        ("digits", "--condition", "labels"),
        ("flowers", "--condition", "attributes", "--num-pictures", "64"),
    ):
        words = ["train", "conditional-diffusion", "--data", data, *more, *SMALL]
        assert cli.main([*words, "--out", str(home / data)]) == 0
    return home


def test_a_recipe_says_what_it_is_told(trainings):
    for data, num_classes in (("digits", 10), ("flowers", SIZES)):
        model = training.load_model(trainings / data / "model.keras")
        assert model.num_classes == num_classes
        assert (trainings / data / "samples" / "epoch_0001.png").is_file()


def test_what_was_asked_for_is_measured(trainings):
    how = {"num": 12, "num_steps": 2, "guidance_scale": 1.5}
    _, figures = evaluation.of_stored(trainings / "digits" / "model.keras", **how)
    assert {"noise_loss", "label_accuracy", "sample_distance"} <= figures.keys()
    path = trainings / "flowers" / "model.keras"
    _, figures = evaluation.of_stored(path, **how)
    assert {"shown_all_four", "chance_all_four", "frechet_ratio"} <= figures.keys()
    report = measure_each(
        training.load_model(path), flowers(8), ["attributes"], num=8, num_steps=2
    )
    assert 0 <= report.rows[0].value <= 1


@pytest.mark.parametrize(
    ("data", "words", "num"),
    [
        ("digits", ["--labels", "3", "1", "-n", "2"], 4),
        ("flowers", ["--attributes", "petal_colour=red", "-n", "3"], 3),
        ("flowers", ["--guidance-scale", "1.5", "-n", "2"], 2),
    ],
)
def test_generate_what_is_asked_for(trainings, monkeypatch, tmp_path, data, words, num):
    drawn, generate = [], ClassConditionedDiffusionModel.generate

    def spied(self, labels, *given, **how):
        drawn.append((labels, how))
        return generate(self, labels, *given, **how)

    monkeypatch.setattr(ClassConditionedDiffusionModel, "generate", spied)
    out = str(tmp_path / "grid.png")
    words = ["generate", str(trainings / data), *words, "--steps", "1", "--out", out]
    assert cli.main(words) == 0
    [(labels, how)] = drawn
    if "--guidance-scale" in words:
        assert labels == 2 and how["guidance_scale"] == 1.5
    else:
        assert len(labels) == num
        first = [3, 3, 1, 1] if data == "digits" else [ATTRIBUTES_RED] * 3
        assert np.ravel(np.asarray(labels).T)[:num].tolist() == first


ATTRIBUTES_RED = ATTRIBUTES["petal_colour"].index("red")


def test_what_it_does_not_take(trainings, capsys):
    digits = str(trainings / "digits")
    for words, said in (
        (["--guide", digits], "model must draw without a text"),
        (["--labels", "10"], "labels must be from 0 to 9"),
        (["--attributes", "size=large"], "trained on flowers with --condition"),
        (["--prompt", "a digit"], "takes no prompt"),
        (["--labels", "1", "--attributes", "size=large"], "--attributes; got both"),
    ):
        assert cli.main(["generate", digits, *words]) == 1
        assert said in capsys.readouterr().err
