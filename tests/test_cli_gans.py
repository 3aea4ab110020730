"""The GANs from the command line: train, resume, draw, translate, measure."""

import json

import numpy as np
import pytest
from PIL import Image

from keras_gen import cli, evaluation, training
from keras_gen.data import load_data
from keras_gen.evaluation.samples import places
from keras_gen.gans import ConditionalGAN

SMALL = ["--widths", "4", "8", "--epochs", "1", "--batch-size", "8"]
FEW = ["--num-pictures", "24", "--image-size", "16"]


def train(home, model, *more):
    assert cli.main(["train", model, "--out", str(home / model), *SMALL, *more]) == 0
    return home / model


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def pix2pix(home):
    return train(home, "pix2pix", *FEW, "--l1", "50")


@pytest.fixture(scope="module")
def cyclegan(home):
    return train(home, "cyclegan", *FEW)


@pytest.fixture(scope="module")
def conditional(home):
    more = ["--data", "flowers", *FEW, "--latent-dim", "4", "--loss", "hinge"]
    return train(home, "conditional-gan", *more)


@pytest.fixture(scope="module")
def by_attributes(home):
    more = ["--data", "flowers", *FEW, "--latent-dim", "4", "--condition", "attributes"]
    return train(home / "attributes", "conditional-gan", *more)


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Runs a command in an empty folder: exit code, what it printed, what it said."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = cli.main([str(word) for word in words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_a_recipe_s_settings_reach_the_model(pix2pix, cyclegan, conditional):
    model = training.load_model(pix2pix / "model.keras")
    assert (model.l1, model.image_shape) == (50.0, (16, 16, 3))
    recipe = json.loads((pix2pix / "recipe.json").read_text())["recipe"]
    assert (recipe["data"], recipe["l1"]) == ("flower_outlines", 50.0)
    assert (pix2pix / "samples" / "epoch_0001.png").is_file()
    assert training.load_model(cyclegan / "model.keras").cycle == 10.0
    model = training.load_model(conditional / "model.keras")
    assert (model.num_classes, model.adversarial_loss) == (10, "hinge")


def test_training_goes_on(cyclegan, run):
    code, _, _ = run("train", "cyclegan", "--out", cyclegan, "--resume", "--epochs", 2)
    assert code == 0 and training.read_state(cyclegan / "model.keras")["epoch"] == 2


def test_classes_are_drawn_as_asked(conditional, run):
    words = ["generate", conditional, "--labels", 3, 1, "-n", 2, "--out", "some.png"]
    assert run(*words)[:2] == (0, "Written to some.png.\n")


def test_attributes_are_drawn_as_asked(by_attributes, conditional, run, monkeypatch):
    model = training.load_model(by_attributes / "model.keras")
    assert model.num_classes == (10, 5, 3, 4, 6, 3, 5)
    drawn = []
    monkeypatch.setattr(
        ConditionalGAN,
        "generate",
        lambda self, labels, seed: drawn.append(labels) or np.zeros((2, 8, 8, 1), "u1"),
    )
    words = ["generate", by_attributes, "-n", 12, "--attributes"]
    assert run(*words, "petal_colour=blue", "background=night")[0] == 0
    assert (drawn[0][:, [0, 4]] == (8, 2)).all()
    assert drawn[0][:6, 1].tolist() == [0, 1, 2, 3, 4, 0]  # petal number, in turn
    for model, word, said in (
        (by_attributes, "petal_colour=black", "petal_colour is one of red, orange, "),
        (by_attributes, "red", "takes NAME=VALUE: petal_colour, petal_number, "),
        (conditional, "size=large", "a model trained on flowers with --condition"),
        ("vae_digits", "size=large", "takes no --attributes; it is no conditional"),
    ):
        code, _, told = run("generate", model, "--attributes", word)
        assert code == 1 and said in told


def test_a_condition_that_there_is_not(run):
    words = ["train", "conditional-gan", "--data", "digits", "--condition"]
    assert "must be labels or attributes; got 'colour'" in run(*words, "colour")[2]
    said = "needs pictures with attributes; what has is flowers."
    assert said in run(*words, "attributes")[2]


def test_translating_pictures_of_a_folder_and_drawn_ones(
    pix2pix, cyclegan, run, tmp_path
):
    for words in (
        (pix2pix, "flower_outlines", "-n", 3),
        (cyclegan, "flower_nights", "-n", 9),
        (cyclegan, "flowers", "--back"),
    ):
        assert run("translate", *words)[:2] == (0, "Written to translated.png.\n")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype="uint8")
    (tmp_path / "mine").mkdir()
    Image.fromarray(pixels).save(tmp_path / "mine" / "one.png")
    assert run("translate", pix2pix, "mine", "--out", "one.png")[0] == 0
    assert (tmp_path / "one.png").is_file()


def test_what_can_t_be_translated_is_one_sentence(pix2pix, conditional, run):
    for words, said in (
        ((conditional, "flowers"), "is no Pix2Pix or CycleGAN"),
        (
            (pix2pix, "flower_outlines", "--back"),
            "one way only; it is no CycleGAN",
        ),
        ((pix2pix, "nowhere"), "nowhere must be a folder of pictures"),
        ((pix2pix, "flowers", "--out", "a.txt"), "--out must end in"),
    ):
        code, _, told = run("translate", *words)
        assert code == 1 and said in told and told.count("\n") == 1


def test_evaluation_compares_with_the_truth(pix2pix):
    model = training.load_model(pix2pix / "model.keras")
    data = load_data("flower_outlines", 16, 24, sources="paired")
    figures = evaluation.evaluate(model, data[1], data[0], num=20)
    rows = places(len(data[1]), 20)
    sources, images = data[1].batch_of_sources(rows), data[1].batch(rows)
    error = np.abs(model.translate(sources).astype(float) - images).mean()
    assert figures["mean_absolute_error"] == pytest.approx(error)
    colour = np.median(data[0].batch(range(24)), axis=(0, 1, 2))
    assert figures["best_colour_error"] == pytest.approx(np.abs(images - colour).mean())
    assert figures["source_error"] == pytest.approx(
        np.abs(sources.astype(float) - images).mean()
    )
    assert {"psnr", "ssim", "sample_distance", "copies"} <= set(figures)


def test_evaluate_prints_the_figures(cyclegan, conditional, run):
    code, printed, _ = run("evaluate", cyclegan, "-n", 20)
    assert code == 0 and "mean_absolute_error" in printed
    code, printed, _ = run("evaluate", conditional, "-n", 20)
    assert code == 0 and "label_accuracy" in printed


def test_settings_of_other_models_are_refused(run):
    code, _, said = run("train", "gan", "--l1", 3)
    assert code == 1 and "gan takes no --l1; what takes it is pix2pix." in said
    code, _, said = run("train", "pix2pix", "--data", "digits", "--out", "x")
    assert code == 1 and "digits has no pairs of pictures" in said
