"""The figures: what they are called, and each baseline against its own mathematics."""

import json
import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import evaluation, presets, shipping, training
from keras_gen.data import Pictures, flowers
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.diffusion import DiffusionModel
from keras_gen.metrics import energy_distance

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
    images = test.images[:8]
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
        restored = evaluation._pca(train[:num], pictures[1].images, 50)
        expected = by_svd(train[:num], pictures[1].images, num - 1)
        np.testing.assert_allclose(restored, expected, atol=0.1)


def test_vae_figures(vae_figures, pictures):
    vae, figures = vae_figures
    elbo = {"negative_elbo_nats", "independent_pixels_nats"}
    assert set(figures) == AUTOENCODER | DISTANCES | elbo
    finite(figures)
    images = pictures[1].images[:8]
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
    found = evaluation._independent_pixels(black_and_white, black_and_white)
    assert found == pytest.approx(np.prod(SHAPE) * np.log(2), rel=1e-5)


def test_independent_pixels_in_closed_form(vae_figures, pictures):
    train, test = (x.images[:n] / 255.0 for x, n in zip(pictures, (24, 8), strict=True))
    mean = np.clip(train.mean(axis=0), 1e-3, 1 - 1e-3)
    nats = -(test * np.log(mean) + (1 - test) * np.log(1 - mean)).sum(axis=(1, 2, 3))
    found = vae_figures[1]["independent_pixels_nats"]
    assert found == pytest.approx(nats.mean(), rel=1e-4)


def test_independent_pixels_survive_what_training_never_showed():
    black, white = np.zeros((2, *SHAPE), "uint8"), np.full((2, *SHAPE), 255, "uint8")
    found = evaluation._independent_pixels(black, white)
    assert found == pytest.approx(np.prod(SHAPE) * -np.log(1e-3), rel=1e-3)


# -------------------------------------------------------------------- diffusion


@pytest.fixture(scope="module")
def diffusion():
    """A model that is not compiled, as a preset is not."""
    return ZOO["fill"](ZOO["diffusion"]()[0])


def test_diffusion_figures(diffusion, pictures):
    train, test = pictures
    figures = evaluation.evaluate(diffusion, test, train, 1, num=8, num_steps=2)
    assert set(figures) == NOISE | DISTANCES
    finite(figures)
    assert figures["test_pictures"] == 8
    real, others = test.images[:8], train.images[:8]
    samples = diffusion.generate(8, 2, seed=1)
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, real.shape, dtype="uint8")
    mean = np.repeat(others.mean(axis=0, keepdims=True), 8, axis=0)
    expected = {
        "sample_distance": samples,
        "training_pictures_distance": others,
        "noise_distance": noise,
        "mean_picture_distance": mean,
    }
    for name, images in expected.items():
        assert figures[name] == pytest.approx(energy_distance(images, real), abs=1e-6)


def test_noise_loss_is_a_function_of_the_seed(diffusion, pictures):
    images = pictures[1].images

    def measure(seed):
        return evaluation._noise_figures(diffusion, images, images, seed)["noise_loss"]

    first = measure(1)
    diffusion.predict(images, verbose=0)  # moves the model's generator
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
        figures = evaluation._noise_figures(model, images, images, seed=0)
        assert figures["noise_loss"] == pytest.approx(figures[name], rel=0.05)


# ---------------------------------------------------------------- text to image


class Wanting:
    """A reader that finds every attribute at its first value."""

    def predict(self, images, **options):
        return {k: np.eye(len(v))[[0] * len(images)] for k, v in ATTRIBUTES.items()}


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


class Drawing:
    """What of a text-to-image model the accuracy of prompts looks at."""

    def generate(self, prompts, num_steps, seed):
        self.prompts = prompts
        return np.zeros((len(prompts), 32, 32, 3), "uint8")


@pytest.mark.parametrize("held_out", [False, True])
def test_prompts_ask_for_attributes_and_the_reader_looks_for_them(
    monkeypatch, held_out
):
    monkeypatch.setattr(presets, "load", lambda name: Wanting())
    drawing = Drawing()
    accuracy = evaluation._prompt_accuracy(drawing, held_out, 30, 2, seed=4)
    asked = flowers(30, seed=2_000_007, held_out=held_out).attributes
    assert set(accuracy) == {*ATTRIBUTES, "mean"}
    for name, values in asked.items():
        assert accuracy[name] == pytest.approx(np.mean(values == 0))
    for i, prompt in enumerate(drawing.prompts):
        assert ATTRIBUTES["petal_colour"][asked["petal_colour"][i]] in prompt
        assert ATTRIBUTES["petal_number"][asked["petal_number"][i]] in prompt


def test_drawn_flowers_are_read(monkeypatch, text_to_image):
    """The names of the figures that the benchmarks' table is made of."""
    monkeypatch.setattr(presets, "load", lambda name: Wanting())
    monkeypatch.setattr(type(text_to_image), "generate", Drawing.generate)
    monkeypatch.setattr(text_to_image.diffusion, "image_shape", (32, 32, 3))
    monkeypatch.setattr(evaluation, "_noise_figures", lambda *given: {})
    monkeypatch.setattr(type(text_to_image), "prepare", lambda self, inputs: inputs)
    test = flowers(4)
    figures = evaluation.evaluate(text_to_image, test, test, num=4)
    names = {*ATTRIBUTES, "mean"}
    kinds = ("seen", "held_out", "chance")
    assert set(figures) == {f"{kind}_{name}" for kind in kinds for name in names}
    test = Pictures(test.images, captions=test.captions)  # of something else
    assert evaluation.evaluate(text_to_image, test, test, num=4) == {}


# ---------------------------------------------------------------------- mistakes


def test_what_cannot_be_evaluated(pictures):
    with pytest.raises(ValueError, match="A Sequential can't be evaluated; what can"):
        evaluation.evaluate(keras.Sequential(), *pictures)
    model, _ = ZOO["autoencoder"]()
    with pytest.raises(ValueError, match="num must be at least 2; got 1"):
        evaluation.evaluate(model, *pictures, num=1)


# ---------------------------------------------------------------------- shipping


@pytest.fixture
def mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def trained(name):
    """A model as after training: its average is not its weights."""
    model, data = ZOO[name]()
    ZOO["fill"](model)
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    return model, data


def policies(layer):
    """The arithmetic of every layer, of those in layers too."""
    yield layer.dtype_policy.name
    for part in layer._flatten_layers(include_self=False):
        yield part.dtype_policy.name


@pytest.mark.parametrize("name", ["diffusion", "text_to_image"])
def test_shipped_models_draw_as_those_in_training_did(name, tmp_path):
    model, data = trained(name)
    copy = shipping.for_generation(model)
    path = tmp_path / "shipped.keras"
    training.save_checkpoint(copy, path, {})
    loaded = training.load_model(path)
    expected = ZOO["generated"](model, data)
    np.testing.assert_array_equal(ZOO["generated"](copy, data), expected)
    np.testing.assert_array_equal(ZOO["generated"](loaded, data), expected)
    before, after = (getattr(m, "diffusion", m) for m in (model, loaded))
    assert np.any(  # else the average would be no test
        before.unet.get_weights()[0] != before.ema_unet.get_weights()[0]
    )
    assert after.ema_unet is after.unet
    assert not loaded.compiled and getattr(loaded, "optimizer", None) is None
    size = before.unet.count_params()
    assert model.count_params() - loaded.count_params() == size
    assert np.all(np.array([w.dtype for w in loaded.weights]) == "float32")


def test_shipped_text_to_image_has_its_encoder(tmp_path):
    model, _ = trained("text_to_image")
    copy = shipping.for_generation(model)
    prompts = ["a red flower", "six blue petals"]
    np.testing.assert_array_equal(copy.embed(prompts), model.embed(prompts))
    assert copy.encoder.sequence_length == model.encoder.sequence_length


@pytest.mark.parametrize("name", ["vae", "autoencoder", "diffusion", "text_to_image"])
def test_shipped_models_compute_in_float32(mixed_precision, name):
    model, data = ZOO[name]()
    assert "mixed_bfloat16" in set(policies(model))
    keras.config.set_dtype_policy("float32")
    copy = shipping.for_generation(ZOO["fill"](model))
    assert set(policies(copy)) <= {"float32", "int32"}  # of token numbers
    diffusion, source = (getattr(m, "diffusion", m) for m in (copy, model))
    for part in ("ema_unet", "encoder", "decoder", "normalizer"):
        if hasattr(source, part):
            pair = zip(
                getattr(source, part).weights,
                getattr(diffusion, part).weights,
                strict=True,
            )
            for a, b in pair:
                np.testing.assert_array_equal(*map(ops.convert_to_numpy, (a, b)))


def test_ship_brings_everything_but_the_samples(tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "FOLDER", tmp_path / "presets")
    run = tmp_path / "run"
    for name in (
        "recipe.json",
        "log.csv",
        "assets/tokenizer/merges.txt",
        "samples/1.png",
    ):
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    shipping.ship(run, "words")
    folder = tmp_path / "presets" / "words"
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {"recipe.json", "log.csv", "assets/tokenizer/merges.txt"}
    model, _ = trained("diffusion")
    state = {"recipe": {"model": "diffusion"}, "epoch": 2}
    training.save_checkpoint(model, run / "model.keras", state)
    shipping.ship(run, "words")
    assert presets.names() == ("words",)
    assert training.read_state(folder / "model.keras") == state
    shipped = presets.load("words")
    assert shipped.ema_unet is shipped.unet
    sizes = [(p / "model.keras").stat().st_size for p in (folder, run)]
    assert sizes[0] < sizes[1]
