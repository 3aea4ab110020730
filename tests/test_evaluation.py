"""The figures: what they are called, and each baseline against its own mathematics."""

import json
import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import evaluation, presets, shelf
from keras_gen.data import Pictures, flowers
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.diffusion import DiffusionModel, autoguided
from keras_gen.evaluation import autoencoders, diffusion, samples, tools
from keras_gen.metrics import (
    build_attribute_reader,
    chance_accuracy,
    copied,
    energy_distance,
    frechet_distance,
    nearest_neighbours,
    reader_features,
)

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
SHAPE = ZOO["SHAPE"]
AUTOENCODER = {
    "test_pictures",
    "latent_dimensions",
    "reconstruction_rmse",
    "pca_rmse",
    "mean_picture_rmse",
}
DISTANCES = {
    "sample_distance",
    "training_pictures_distance",
    "mean_picture_distance",
    "noise_distance",
}
COPIES = {
    "copies",
    "real_copies",
    "nearest_training_rmse",
    "real_nearest_training_rmse",
    "nearer_than_99_percent_of_real",
}
FRECHET = {"frechet_distance", "real_frechet_distance", "frechet_ratio"}
NOISE = {"test_pictures", "noise_loss", "no_noise_loss", "mean_picture_loss"}


def smooth(num, seed, shape=SHAPE):
    """Pictures that PCA can tell from noise."""
    rng = np.random.default_rng(seed)
    height, width, channels = shape
    waves = np.sin(
        np.linspace(0, 3, height * width * channels)[None] + np.arange(6)[:, None]
    )
    values = 127 + 40 * rng.standard_normal((num, 6)) @ waves
    return np.clip(values, 0, 255).astype("uint8").reshape(num, *shape)


@pytest.fixture(scope="module")
def pictures():
    return Pictures(smooth(24, 0)), Pictures(smooth(10, 1))


def chosen(pictures, num):
    return pictures.images[samples.places(len(pictures), num)]


def finite(figures):
    assert all(type(value) in (int, float) for value in figures.values())
    assert np.all(np.isfinite(list(figures.values())))
    assert json.loads(json.dumps(figures)) == figures


def by_svd(train, test, dimensions):
    flat = [x.reshape(len(x), -1).astype("float64") for x in (train, test)]
    mean = flat[0].mean(axis=0)
    axes = np.linalg.svd(flat[0] - mean, full_matrices=False)[2][:dimensions]
    restored = mean + (flat[1] - mean) @ axes.T @ axes
    return np.clip(restored, 0, 255).reshape(test.shape)


def rmse(a, b):
    return np.sqrt(np.mean((np.float64(a) - np.float64(b)) ** 2)) / 255


# ----------------------------------------------------------------- autoencoders


@pytest.fixture(scope="module")
def vae_figures(pictures):
    vae, _ = ZOO["vae"]()
    return vae, evaluation.evaluate(vae, pictures[1], pictures[0], seed=3, num=8)


def test_autoencoder_figures(pictures, monkeypatch):
    model, _ = ZOO["autoencoder"]()
    train, test = pictures
    figures = evaluation.evaluate(model, test, train, num=8)
    assert set(figures) == AUTOENCODER | {"zeros_in_code"}
    finite(figures)
    images = chosen(test, 8)
    assert figures["test_pictures"] == 8
    assert figures["latent_dimensions"] == 4
    restored = by_svd(train.images, images, 4)
    assert figures["pca_rmse"] == pytest.approx(rmse(images, restored), rel=1e-3)
    assert figures["reconstruction_rmse"] == pytest.approx(
        rmse(images, model.reconstruct(images)), rel=1e-6
    )
    assert figures["mean_picture_rmse"] == pytest.approx(
        rmse(images, train.images.mean(axis=0)), rel=1e-6
    )
    assert figures["pca_rmse"] < figures["mean_picture_rmse"]
    monkeypatch.setattr(model, "encode", lambda images: np.eye(4).repeat(2, 0))
    zeros = evaluation.evaluate(model, test, train, num=8)["zeros_in_code"]
    assert figures["zeros_in_code"] == 0 and zeros == 0.75


def test_pca_takes_fewer_pictures_than_dimensions(pictures):
    """As in a small folder: it then restores what lies in their span."""
    train = pictures[0].images[:3]
    for num in (2, 3):
        restored = autoencoders._pca(train[:num], pictures[1].images, 50)
        expected = by_svd(train[:num], pictures[1].images, num - 1)
        np.testing.assert_allclose(restored, expected, atol=0.1)


def test_vae_figures(vae_figures, pictures):
    vae, figures = vae_figures
    elbo = {"negative_elbo_nats", "independent_pixels_nats"}
    assert set(figures) == AUTOENCODER | DISTANCES | COPIES | elbo
    finite(figures)
    images = chosen(pictures[1], 8)
    expected = -vae.elbo(images, seed=3).mean()
    assert figures["negative_elbo_nats"] == pytest.approx(expected, rel=1e-5)
    assert figures["latent_dimensions"] == 2
    samples = vae.generate(8, seed=3)
    assert figures["sample_distance"] == pytest.approx(
        energy_distance(samples, images), rel=1e-6
    )


def test_independent_pixels_cost_their_entropy():
    """Half of the pictures black, half white: every pixel costs log 2."""
    black_and_white = np.zeros((8, *SHAPE), "uint8")
    black_and_white[::2] = 255
    found = autoencoders._independent_pixels(black_and_white, black_and_white)
    assert found == pytest.approx(np.prod(SHAPE) * np.log(2), rel=1e-5)


def test_independent_pixels_in_closed_form(vae_figures, pictures):
    train, test = pictures[0].images / 255.0, chosen(pictures[1], 8) / 255.0
    mean = np.clip(train.mean(axis=0), 1e-3, 1 - 1e-3)
    nats = -(test * np.log(mean) + (1 - test) * np.log(1 - mean)).sum(axis=(1, 2, 3))
    found = vae_figures[1]["independent_pixels_nats"]
    assert found == pytest.approx(nats.mean(), rel=1e-4)


def test_independent_pixels_survive_what_training_never_showed():
    black, white = np.zeros((2, *SHAPE), "uint8"), np.full((2, *SHAPE), 255, "uint8")
    found = autoencoders._independent_pixels(black, white)
    assert found == pytest.approx(np.prod(SHAPE) * -np.log(1e-3), rel=1e-3)


# -------------------------------------------------------------------- diffusion


@pytest.fixture(scope="module")
def denoiser():
    """A model that is not compiled, as a preset is not."""
    return ZOO["fill"](ZOO["diffusion"]()[0])


def test_diffusion_figures(denoiser, pictures):
    train, test = pictures
    figures = evaluation.evaluate(denoiser, test, train, 1, num=8, num_steps=2)
    assert set(figures) == NOISE | DISTANCES | COPIES
    finite(figures)
    assert figures["test_pictures"] == 8
    real, others = chosen(test, 8), chosen(train, 8)
    drawn = denoiser.generate(8, 2, seed=1)
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, real.shape, dtype="uint8")
    mean = np.repeat(others.mean(axis=0, keepdims=True), 8, axis=0)
    expected = {
        "sample_distance": drawn,
        "training_pictures_distance": others,
        "noise_distance": noise,
        "mean_picture_distance": mean,
    }
    for name, images in expected.items():
        assert figures[name] == pytest.approx(energy_distance(images, real), abs=1e-6)
    found = nearest_neighbours(drawn, train.images)
    assert figures["copies"] == np.mean(copied(found))
    median = np.median(found.distances[:, 0])
    assert figures["nearest_training_rmse"] == pytest.approx(median)


def test_noise_loss_is_a_function_of_the_seed(denoiser, pictures):
    images = pictures[1].images

    def measure(seed):
        return diffusion._noise_figures(denoiser, images, images, seed)["noise_loss"]

    first = measure(1)
    denoiser.predict(images, verbose=0)  # moves the model's generator
    assert measure(1) == first
    assert measure(2) != first


class PredictsZero(keras.layers.Layer):
    """A U-Net that has learned nothing: there is no noise."""

    def call(self, noisy_images, noise_rates):
        return ops.zeros_like(noisy_images)


class PredictsMeanPicture(keras.layers.Layer):
    """The best that can be said without looking: the picture is the mean picture."""

    def call(self, noisy_images, noise_rates):
        return noisy_images / noise_rates


def knowing(layer, images, loss="mean_squared_error"):
    noisy = keras.Input(SHAPE)
    rates = keras.Input((1, 1, 1))
    predicted = layer(noisy, rates)
    model = DiffusionModel(keras.Model([noisy, rates], predicted), ema=0, seed=0)
    model.normalizer.adapt(images)
    model.compile(loss=loss)
    return model


@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error"])
def test_no_noise_and_mean_picture_are_what_such_models_reach(loss):
    """Monte Carlo over times, noise and pictures; also where the loss is another."""
    images = smooth(3000, 0)
    for layer, name in (
        (PredictsZero(), "no_noise_loss"),
        (PredictsMeanPicture(), "mean_picture_loss"),
    ):
        model = knowing(layer, images, loss)
        figures = diffusion._noise_figures(model, images, images, seed=0)
        assert figures["noise_loss"] == pytest.approx(figures[name], rel=0.05)


# ---------------------------------------------------------------- text to image


@pytest.fixture(scope="module")
def text_to_image():
    return ZOO["fill"](ZOO["text_to_image"]()[0])


def captioned(num):
    texts = {
        "captions": ZOO["CAPTIONS"][:num],
        "negative_captions": ZOO["NEGATIVES"][:num],
    }
    return Pictures(ZOO["images"]()[:num], **texts)


def test_text_to_image_figures(text_to_image):
    """No prompts are read off where the pictures are no drawn flowers."""
    figures = evaluation.evaluate(text_to_image, captioned(8), captioned(8), num=5)
    assert set(figures) == NOISE
    assert figures["test_pictures"] == 5
    finite(figures)


def test_text_to_image_needs_captions(text_to_image):
    bare = Pictures(ZOO["images"]())
    with pytest.raises(ValueError, match="captions must hold one text for each"):
        evaluation.evaluate(text_to_image, bare, bare)


@pytest.fixture(scope="module")
def reader():
    """One that has learned nothing, at the size of the shipped one."""
    return ZOO["fill"](build_attribute_reader(widths=(4, 4)))


class Drawing:
    """What of a text-to-image model the accuracy of prompts looks at."""

    def __init__(self):
        self.asked = []

    def generate(self, prompts, **how):
        """Real flowers, whatever is asked for."""
        self.asked.append((prompts, how))
        return flowers(len(prompts), seed=77).images


@pytest.mark.parametrize("held_out", [False, True])
def test_prompts_ask_for_attributes(held_out):
    drawing = Drawing()
    how = {"num_steps": 2, "guidance_scale": 4.0}
    asked, drawn = diffusion._asked_and_drawn(drawing, held_out, 30, 4, how)
    expected = flowers(30, seed=2_000_007, held_out=held_out).attributes
    (prompts, given), *more = drawing.asked
    assert not more and given == {"seed": 4, **how}
    assert drawn.shape == (30, 32, 32, 3)
    for name in ATTRIBUTES:
        np.testing.assert_array_equal(asked[name], expected[name])
    for i, prompt in enumerate(prompts):
        assert ATTRIBUTES["petal_colour"][asked["petal_colour"][i]] in prompt
        assert ATTRIBUTES["petal_number"][asked["petal_number"][i]] in prompt


def test_drawn_flowers_are_read(monkeypatch, text_to_image, reader):
    """The names of the figures that the cards are made of, and what they say."""
    monkeypatch.setattr(presets, "load", lambda name: reader)
    drawing = Drawing()
    monkeypatch.setattr(
        type(text_to_image), "generate", lambda self, *a, **k: drawing.generate(*a, **k)
    )
    monkeypatch.setattr(text_to_image.diffusion, "image_shape", (32, 32, 3))
    monkeypatch.setattr(diffusion, "_noise_figures", lambda *given: {})
    monkeypatch.setattr(type(text_to_image), "prepare", lambda self, inputs: inputs)
    train, test = flowers(60, seed=77), flowers(4)
    figures = evaluation.evaluate(text_to_image, test, train, num=40, num_steps=3)
    names = {*ATTRIBUTES, "mean", "all_four"}
    read = {f"{k}_{name}" for k in ("seen", "held_out", "chance") for name in names}
    assert set(figures) == read | DISTANCES | COPIES | FRECHET
    finite(figures)
    assert [how["num_steps"] for _, how in drawing.asked] == [3, 3]
    # It drew nothing new: its pictures are in the training set.
    assert figures["copies"] == figures["nearer_than_99_percent_of_real"] == 1
    assert figures["nearest_training_rmse"] == 0 < figures["real_nearest_training_rmse"]
    assert figures["real_copies"] < 0.5
    test = Pictures(test.images, captions=test.captions)  # of something else
    assert evaluation.evaluate(text_to_image, test, test, num=4) == {}


def test_frechet_figures_compare_sets_of_one_size(monkeypatch, reader):
    monkeypatch.setattr(presets, "load", lambda name: reader)
    test, train, grey = flowers(4), flowers(30, seed=5), np.full((30, 32, 32, 3), 99)
    figures = samples.sample_figures(train.images, test, train, seed=0)
    assert set(figures) == DISTANCES | COPIES | FRECHET
    fresh = reader_features(reader, flowers(60, seed=3_000_017).images)
    drawn = reader_features(reader, train.images)
    expected = frechet_distance(drawn, fresh[:30])
    halves = frechet_distance(fresh[:30], fresh[30:])
    assert figures["frechet_distance"] == pytest.approx(expected, rel=1e-3)
    assert figures["real_frechet_distance"] == pytest.approx(halves, rel=1e-3)
    assert figures["frechet_ratio"] == pytest.approx(expected / halves, rel=1e-3)
    worse = samples.sample_figures(grey.astype("uint8"), test, train, seed=0)
    assert worse["frechet_ratio"] > 1.2 * figures["frechet_ratio"]


# ------------------------------------------------------------------------ tools


def test_reader_figures(reader):
    figures = evaluation.evaluate(reader, None, None, seed=1, num=50)
    names = {*ATTRIBUTES, "mean", "all_four"}
    kinds = ("seen", "held_out", "chance")
    assert set(figures) == {f"{kind}_{name}" for kind in kinds for name in names}
    finite(figures)
    assert figures["seen_mean"] < 0.6


class Speaking:
    """Stands for an encoder whose embeddings say the caption word by word."""

    words = sorted({w for values in ATTRIBUTES.values() for w in values} | {"sky"})

    def embed(self, captions, pooled):
        assert pooled
        return np.array([[w in caption for w in self.words] for caption in captions])


def test_probes_read_what_an_embedding_says():
    figures = tools.encoder_figures(Speaking(), None, None, seed=0, num=300)
    chance = chance_accuracy()
    for name in ("petal_number", "petal_shape"):  # said by their own words
        assert figures[f"probe_{name}"] == 1
        assert figures[f"chance_{name}"] == chance[name]
    named = {
        f"{kind}_{k}" for kind in ("probe", "chance") for k in (*ATTRIBUTES, "mean")
    }
    assert set(figures) == named
    mute = Speaking()
    mute.words = ["nothing"]
    figures = tools.encoder_figures(mute, None, None, seed=0, num=300)
    assert figures["probe_mean"] < 1.5 * figures["chance_mean"]


def test_a_shipped_encoder_is_measured_from_its_folder():
    path = shelf.find("flower_text_encoder")
    data, figures = evaluation.of_stored(path, num=60)
    assert data == "flowers"
    assert figures["probe_mean"] > 2 * figures["chance_mean"]


# ---------------------------------------------------------------------- mistakes


def test_what_cannot_be_evaluated(pictures):
    with pytest.raises(ValueError, match="A Sequential can't be evaluated; what can"):
        evaluation.evaluate(keras.Sequential(), *pictures)
    model, _ = ZOO["autoencoder"]()
    with pytest.raises(ValueError, match="num must be at least 2; got 1"):
        evaluation.evaluate(model, *pictures, num=1)
    with pytest.raises(ValueError, match="A Autoencoder walks nowhere: it takes no"):
        evaluation.evaluate(model, *pictures, num_steps=3)


def test_samples_are_those_of_the_guided_model(denoiser, pictures, monkeypatch):
    drawn = []

    def sample_figures(samples, *given):
        drawn.append(samples)
        return {}

    monkeypatch.setattr(diffusion, "sample_figures", sample_figures)
    how, guide = {"num": 3, "num_steps": 2}, ZOO["diffusion"]()[0]  # knows nothing
    figures = evaluation.evaluate(denoiser, *pictures, guide=guide, **how)
    alone = evaluation.evaluate(denoiser, *pictures, **how)
    assert figures == alone  # the noise is the model's own to predict
    assert (drawn[0] != drawn[1]).any()
    expected = autoguided(denoiser, guide, 2.0).generate(3, 2, seed=0)
    np.testing.assert_array_equal(drawn[0], expected)


def test_no_text_no_guidance(denoiser, pictures):
    with pytest.raises(ValueError, match="texts or labels takes no guidance_scale"):
        evaluation.evaluate(denoiser, *pictures, guidance_scale=2.0)
    model, _ = ZOO["autoencoder"]()
    with pytest.raises(ValueError, match="guide is for a diffusion model without"):
        evaluation.evaluate(model, *pictures, guide=denoiser)
