"""Measures of single pictures: whose they are, and each against its own definition."""

import json
import runpy
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gen import cli, evaluation
from keras_gen.autoencoders import VAE
from keras_gen.data import Pairs, Pictures, flowers
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.diffusion import TextToImage
from keras_gen.evaluation import measures, per_picture
from keras_gen.evaluation.diffusion import full_prompts
from keras_gen.evaluation.per_picture import measure_each
from keras_gen.evaluation.samples import places
from keras_gen.gans import ConditionalGAN
from keras_gen.metrics import psnr, ssim

zoo = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
TEST = Pictures(zoo["images"](num=20, seed=9))


def made(name):
    return zoo["fill"](zoo["ZOO"][name]()[0])


def only_row(report):
    assert len(report.rows) == 1
    return report.rows[0]


# --------------------------------------------------------------- what is measured


def test_of_a_vae(monkeypatch):
    """Its bound is what the model says, which has tests of its own."""
    asked = []

    def elbo(self, images, seed):
        asked.append((images, seed))
        return -100.0 - np.arange(len(images))

    monkeypatch.setattr(VAE, "elbo", elbo)
    names = ["bits_per_dimension", "elbo"]
    report = measure_each(made("vae"), TEST, names, seed=3, num=8)
    assert [row.name for row in report.rows] == names
    assert {row.pictures for row in report.rows} == {report.pictures} == {8}
    assert {row.of_real for row in report.rows} == {None}
    assert [seed for _, seed in asked] == [3, 3]
    np.testing.assert_array_equal(asked[0][0], TEST.images[places(20, 8)])
    bits, nats = report.rows
    assert nats.value == -103.5
    assert bits.value == pytest.approx(103.5 / np.log(2) / TEST.images[0].size)
    for row in report.rows:
        assert row.low < row.value < row.high
    assert "of a VAE is of pixels that are black or white" in report.notes[0]
    assert not measure_each(made("vae"), TEST, ["elbo"], num=8).notes


def test_an_interval_is_that_of_a_mean():
    values = 3.0 + 2.0 * np.random.default_rng(0).standard_normal(400)
    row = per_picture._row("elbo", values, None, seed=0)
    assert row.high - row.low == pytest.approx(2 * 1.96 * 2.0 / 20, rel=0.25)


def test_bits_of_a_flow_are_those_of_few_pictures(monkeypatch):
    asked = []

    def bits(model, images, num_steps, seed):
        asked.append((num_steps, seed))
        return np.arange(len(images)) / 4

    monkeypatch.setattr(per_picture, "bits_per_dimension", bits)
    model, names = zoo["ZOO"]["diffusion"]()[0], ["bits_per_dimension"]
    report = measure_each(model, TEST, names, seed=1, num=20)
    measure_each(model, TEST, names, seed=1, num=20, num_steps=3)
    assert asked == [(50, 1), (3, 1)]
    assert (only_row(report).value, report.pictures) == (7.5 / 4, 16)
    assert "of 16 pictures at most" in report.notes[0]
    one = measures.Report([], 20, None, None, [])  # of sets that are larger
    assert "(16 pictures)" in str(measures.joined([one, report], names))


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_translations_beside_the_true_pictures(name):
    model, channels = made(name), 1 if name == "pix2pix" else 3
    sources = zoo["images"]((8, 8, channels), num=20, seed=5)
    pairs = Pairs(Pictures(sources), TEST)
    found = only_row(measure_each(model, pairs, ["psnr"], num=6))
    rows = places(20, 6)
    expected = psnr(model.translate(sources[rows]), TEST.images[rows]).mean()
    assert found.value == pytest.approx(expected, rel=1e-6)
    unpaired = Pairs(Pictures(sources), TEST, paired=False)
    with pytest.raises(
        ValueError, match=r"psnr is of an autoencoder, or of a translat"
    ):
        measure_each(model, unpaired, ["psnr"])


class Restoring:
    """What of an autoencoder the likeness of pictures looks at."""

    def __init__(self, shift):
        self.shift = shift

    def reconstruct(self, images):
        return np.clip(images.astype(int) + self.shift, 0, 255).astype("uint8")


def test_likeness_of_what_is_restored(monkeypatch):
    monkeypatch.setattr(per_picture, "Autoencoder", Restoring)
    test = flowers(8, seed=0)
    report = measure_each(Restoring(20), test, ["ssim", "psnr"])
    restored = Restoring(20).reconstruct(test.images)
    assert report.rows[0].value == pytest.approx(ssim(restored, test.images).mean())
    assert report.rows[1].value == pytest.approx(psnr(restored, test.images).mean())
    with pytest.raises(ValueError, match="psnr has no mean: some pictures are met ex"):
        measure_each(Restoring(0), test, ["psnr"])


# -------------------------------------------------------------------- attributes


class DrawsTexts(TextToImage):
    """Draws the flowers of its prompts, or always the same."""

    def __init__(self, obeys):
        keras.Model.__init__(self)  # without networks
        self.obeys, self.image_shape = obeys, (32, 32, 3)

    def generate(self, prompts, **how):
        self.asked = prompts, how
        return flowers(len(prompts), seed=2_000_003 if self.obeys else 7).images


class DrawsLabels(ConditionalGAN):
    """Likewise, of labels."""

    def __init__(self, obeys):
        keras.Model.__init__(self)  # without networks
        self.obeys, self.image_shape = obeys, (32, 32, 3)
        self.num_classes = (10, 5, 3, 4, 6, 3, 5)

    def generate(self, labels, seed):
        self.asked = labels, seed
        return flowers(len(labels), seed=2_000_003 if self.obeys else 7).images


@pytest.mark.parametrize("kind", [DrawsTexts, DrawsLabels])
def test_attributes_that_were_asked_for(kind):
    real, rows = flowers(60, seed=2_000_003), []
    for obeys in (True, False):
        model = kind(obeys)
        rows.append(only_row(measure_each(model, flowers(9), ["attributes"], num=60)))
        asked, how = model.asked
        if kind is DrawsTexts:
            assert asked == full_prompts(real.attributes) and how == {"seed": 0}
        else:
            expected = np.stack([*real.attributes.values()], axis=1)
            np.testing.assert_array_equal(asked, expected)
    good, bad = rows
    assert good.value == good.of_real == bad.of_real > 0.9
    assert bad.low < bad.value < bad.high < 0.6


def test_prompts_say_all_attributes():
    attributes = flowers(5, seed=0).attributes
    for i, prompt in enumerate(full_prompts(attributes)):
        for name in ("petal_colour", "petal_number", "petal_shape", "size"):
            assert ATTRIBUTES[name][attributes[name][i]] in prompt
    assert i == 4


# ---------------------------------------------------------------- what there is not


@pytest.mark.parametrize(
    ("model", "name", "said"),
    [
        ("gan", "elbo", "elbo is of a VAE; a GAN on these pictures has none"),
        (
            "autoencoder",
            "bits_per_dimension",
            "a diffusion model without texts or labels;",
        ),
        ("text_conditioned", "bits_per_dimension", "TextConditionedDiffusionModel on"),
        ("diffusion", "ssim", "an autoencoder, or of a translator and pairs; a Diff"),
        ("attribute_gan", "attributes", "a model that draws flowers as they are asked"),
    ],
)
def test_what_a_model_does_not_have(model, name, said):
    with pytest.raises(ValueError, match=said):
        measure_each(zoo["ZOO"][model]()[0], TEST, [name])


def test_too_few_pictures(monkeypatch):
    monkeypatch.setattr(per_picture, "Autoencoder", Restoring)
    with pytest.raises(ValueError, match="num must be at least 4 .*; got 3"):
        measure_each(Restoring(20), TEST, ["psnr"], num=3)


# ------------------------------------------------------------- from the command line


def test_both_kinds_in_one_table(monkeypatch, tmp_path, capsys):
    def features(images):
        return images[:, ::16, ::16].reshape(len(images), -1) / 255.0

    monkeypatch.setattr(measures, "inception_features", features)
    out = tmp_path / "figures.json"
    words = f"evaluate vae_digits -n 15 --metrics elbo diversity ssim --out {out}"
    assert cli.main(words.split()) == 0
    printed = capsys.readouterr().out
    assert "15 pictures, 4 features of inception" in printed
    found = json.loads(out.read_text())["metrics"]
    assert list(found) == ["elbo", "diversity", "ssim"]
    assert found["elbo"].keys() == {"value", "low", "high", "of_real", "pictures"}
    assert 0.5 < found["ssim"]["value"] < 1
    assert f"{found['elbo']['value']:.4g}" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("vae_digits --metrics attributes", "a VAE on these pictures has none"),
        (
            "diffusion_digits --metrics frechet elbo --steps 5",
            "elbo is of a VAE; a Diff",
        ),
        ("flower_text_encoder --metrics elbo", "need a model that draws pictures; got"),
        ("vae_digits --metrics elbo --features inception", "got no such metric"),
    ],
)
def test_what_the_command_line_says(words, said, capsys, monkeypatch):
    monkeypatch.setattr(evaluation, "_drawn", None)  # said before anything is drawn
    assert cli.main(["evaluate", *words.split()]) == 1
    assert said in capsys.readouterr().err
