"""What is shipped: as good as what was trained, half as large, with its card."""

import dataclasses
import io
import json
import runpy
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import (
    cards,
    evaluation,
    half_precision,
    presets,
    runs,
    shelf,
    shipping,
    training,
)
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.metrics import build_attribute_reader, build_digit_reader
from keras_gen.text import TextEncoder

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))


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


# ---------------------------------------------------------------- half precision


def datasets(content):
    """Path -> dtype of every array in a file of weights."""
    found = {}
    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(
            lambda name, item: (
                found.__setitem__(name, item[()])
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def network():
    """With a kernel that is large enough to be halved, and statistics."""
    return keras.Sequential(
        [
            keras.Input((40,)),
            keras.layers.Dense(50),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(30),
        ]
    )


def test_large_arrays_are_halved_and_the_rest_stays(tmp_path):
    path = tmp_path / "model.keras"
    model = ZOO["fill"](network())
    training.save_checkpoint(model, path, {"epoch": 3})
    before = zipfile.ZipFile(path).read("model.weights.h5")
    size = path.stat().st_size
    half_precision.halve(path)
    after = zipfile.ZipFile(path).read("model.weights.h5")
    old, new = datasets(before), datasets(after)
    assert old.keys() == new.keys()
    halved = [name for name in old if new[name].dtype == "float16"]
    assert len(halved) == 2  # the kernels
    for name in old:
        if name in halved:
            np.testing.assert_array_equal(new[name], old[name].astype("float16"))
        else:
            assert new[name].dtype == old[name].dtype
            np.testing.assert_array_equal(new[name], old[name])
    assert path.stat().st_size < size / 2
    assert [p.name for p in tmp_path.iterdir()] == ["model.keras"]
    assert training.read_state(path) == {"epoch": 3}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_plain_keras_loads_it_into_float32(tmp_path):
    path = tmp_path / "model.keras"
    model = ZOO["fill"](network())
    model.save(path)
    half_precision.halve(path)
    loaded = keras.saving.load_model(path)
    for old, new in zip(model.weights, loaded.weights, strict=True):
        assert keras.backend.standardize_dtype(new.dtype) == "float32"
        old, new = map(ops.convert_to_numpy, (old, new))
        np.testing.assert_allclose(new, old, rtol=2**-11, atol=2**-24)
    images = ZOO["random"](5, 40)
    expected = model.predict(images, verbose=0)
    found = loaded.predict(images, verbose=0)
    np.testing.assert_allclose(found, expected, atol=0.01 * np.std(expected))
    assert np.any(found != expected)


def test_what_does_not_fit_into_half_precision_stays(tmp_path):
    path = tmp_path / "x.weights.h5"
    model = ZOO["fill"](network())
    kernel = model.layers[0].kernel
    kernel.assign(1e6 * kernel)
    model.save_weights(path)
    half_precision.halve(path)
    kinds = sorted(str(x.dtype) for x in datasets(path.read_bytes()).values())
    assert kinds.count("float16") == 1
    loaded = network()
    loaded.load_weights(path)
    found = ops.convert_to_numpy(loaded.layers[0].kernel)
    np.testing.assert_array_equal(found, ops.convert_to_numpy(kernel))


def test_halving_twice_is_halving_once(tmp_path):
    path = tmp_path / "model.keras"
    network().save(path)
    half_precision.halve(path)
    once = path.read_bytes()
    half_precision.halve(path)
    assert path.read_bytes() == once


# ---------------------------------------------------------------------- shipping


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty shelf, and a recipe for it."""
    monkeypatch.setattr(shelf, "FOLDER", tmp_path / "presets")
    recipe = {"model": "diffusion", "data": "digits", "epochs": 2}
    preset = shelf.Preset("lines", "noise_loss", "It is small.", recipe)
    monkeypatch.setitem(shelf.PRESETS, "lines", preset)
    monkeypatch.setattr(shipping, "answers", lambda model: np.arange(9.0))
    return tmp_path / "presets" / "lines"


def facts_of(**settings):
    recipe = runs.settings_of(**shelf.PRESETS["lines"].recipe) | settings
    return {
        "recipe": recipe,
        "backend": "jax",
        "versions": {"keras": "3.15.1"},
        "python": "3.11.7",
        "machine": "x86_64, 2 processor cores, CPU:0",
        "seconds_of_training": 130,
    }


@pytest.fixture
def run(tmp_path, folder):
    """What a training leaves."""
    run = tmp_path / "run"
    for name in ("curves.png", "samples/1.png", "evaluation.json"):
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (run / "log.csv").write_text("epoch,loss,val_loss\n0,3.5,4\n1,2.5,3\n")
    (run / "recipe.json").write_text(json.dumps(facts_of()))
    model = trained("diffusion")[0]
    training.save_checkpoint(model, run / "model.keras", {"epoch": 2})
    return run


def test_ship_brings_everything_but_the_samples(run, folder):
    change = shipping.ship(run, "lines")
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {"recipe.json", "log.csv", "curves.png", "model.keras"}
    assert presets.names() == ("lines",) and change == 0
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")  # drawn anew
    assert training.read_state(folder / "model.keras") == {"epoch": 2}
    shipped = presets.load("lines")
    assert shipped.ema_unet is shipped.unet
    sizes = [(p / "model.keras").stat().st_size for p in (folder, run)]
    assert sizes[0] < 0.6 * sizes[1]


def test_ship_twice_gives_the_same_weights(run, folder):
    """To the byte; Keras writes the date into another part of the file."""

    def weights():
        return zipfile.ZipFile(folder / "model.keras").read("model.weights.h5")

    shipping.ship(run, "lines")
    once = weights()
    (folder / "evaluation.json").write_text("{}")
    shipping.ship(run, "lines")
    assert weights() == once
    assert (folder / "evaluation.json").is_file()


def test_half_precision_is_left_where_it_shows(run, folder, monkeypatch):
    """The answers change by more than a hundredth of their deviation."""
    answers = iter([np.arange(9.0), 1.01 * np.arange(9.0)] * 2)
    monkeypatch.setattr(shipping, "answers", lambda model: next(answers))
    assert shipping.ship(run, "lines") == 0.0
    model = training.load_model(folder / "model.keras")
    expected = trained("diffusion")[0].ema_unet.get_weights()
    for weight, value in zip(model.unet.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert 0 < shipping._change(np.arange(9.0), 1.001 * np.arange(9.0)) < shipping.SHOWS


def test_ship_refuses_another_recipe(run, folder):
    with pytest.raises(ValueError, match="There is no recipe for 'dots': .*lines"):
        shipping.ship(run, "dots")
    (run / "recipe.json").write_text(json.dumps(facts_of(epochs=3)))
    said = "was trained with epochs=3, but the recipe of lines says 2"
    with pytest.raises(ValueError, match=said):
        shipping.ship(run, "lines")
    assert not folder.exists()


def test_ship_halves_a_text_encoder_too(tmp_path, folder, monkeypatch):
    recipe = {"model": "text-encoder", "epochs": 1}
    preset = dataclasses.replace(shelf.PRESETS["lines"], recipe=recipe)
    monkeypatch.setitem(shelf.PRESETS, "lines", preset)
    texts = ZOO["CAPTIONS"]
    monkeypatch.setattr(shipping, "answers", lambda model: model.embed(texts))
    encoder = ZOO["text_encoder"]()
    encoder.save_to_preset(tmp_path / "run")
    facts = {"recipe": runs.settings_of(**recipe)}
    (tmp_path / "run" / "recipe.json").write_text(json.dumps(facts))
    (tmp_path / "run" / "log.csv").write_text("epoch,loss\n0,3.5\n")
    change = shipping.ship(tmp_path / "run", "lines")
    stored = datasets((folder / "model.weights.h5").read_bytes())
    assert "float16" in [values.dtype for values in stored.values()]
    assert 0 < change < shipping.SHOWS
    found, expected = (
        TextEncoder.from_preset("lines").embed(texts),
        encoder.embed(texts),
    )
    np.testing.assert_allclose(found, expected, atol=0.01 * expected.std())


@pytest.mark.parametrize("name", ["vae", "diffusion", "text_to_image"])
def test_answers_are_what_a_model_is_used_for(name):
    model, _ = ZOO[name]()
    if name == "text_to_image":  # whose captions are longer than its encoder takes
        model.generate = lambda texts, seed: np.zeros((len(texts), 8, 8, 3), "uint8")
    assert shipping.answers(model, num=4).shape == (4, 8, 8, 3)


def test_answers_of_the_tools():
    reader = build_attribute_reader(widths=(4, 4))
    logits = shipping.answers(reader, num=4)
    assert logits.shape == (4, sum(map(len, ATTRIBUTES.values())))
    assert shipping.answers(build_digit_reader(widths=(4, 4)), num=4).shape == (4, 10)
    encoder = presets.load("flower_text_encoder")
    shape = (4, encoder.sequence_length, encoder.dim)
    assert shipping.answers(encoder, num=4).shape == shape


# ------------------------------------------------------------------------- cards


@pytest.fixture
def carded(run, folder, monkeypatch):
    """A preset with its card, whose figures are told to it."""
    figures = {"noise_loss": 0.123456, "no_noise_loss": 1.0, "copies": 0}
    asked = []

    def of_stored(path, *given, **how):
        asked.append((path, *given, how))
        return "digits", figures

    monkeypatch.setattr(evaluation, "of_stored", of_stored)
    how = {"num_steps": 10, "sampler": "heun"}
    preset = dataclasses.replace(shelf.PRESETS["lines"], how=how)
    monkeypatch.setitem(shelf.PRESETS, "lines", preset)
    shipping.main([str(run), "lines", "-n", "7"])
    assert asked == [(folder / "model.keras", None, 0, 7, how)]
    return folder


def test_card_says_how_it_was_made_and_measured(carded):
    text = (carded / "README.md").read_text(encoding="utf-8")
    command = "`keras-gen evaluate lines -n 7 --steps 10 --sampler heun`"
    for words in (
        "# lines\n",
        "`DiffusionModel`. It draws lines.",
        'keras_gen.DiffusionModel.from_preset("lines")',
        "`keras-gen train --recipe lines` with `KERAS_BACKEND=jax`",
        "| seed | 0 |",
        "1,500 real handwritten digits",
        "| training time | 2 minutes |",
        "2 processor cores",
        "keras 3.15.1, Python 3.11.7",
        f"| parameters | {presets.load('lines').count_params():,} |",
        command,
        "| noise loss | 0.1235 |",
        "| copies | 0 |",
        "It is small.",
    ):
        assert words in text, words
    measured = json.loads((carded / "evaluation.json").read_text())
    assert measured["figures"]["noise_loss"] == 0.123456
    assert measured["backend"] == keras.backend.backend()


def test_machine_may_be_told_in_words(run, folder, monkeypatch):
    monkeypatch.setattr(evaluation, "of_stored", lambda *given: ("x", {"loss": 1.0}))
    shipping.main([str(run), "lines", "--machine", "an abacus"])
    assert "| machine | an abacus |" in (folder / "README.md").read_text("utf-8")
    facts = json.loads((folder / "recipe.json").read_text())
    assert facts == facts_of() | {"machine": "an abacus"} | {"recipe": facts["recipe"]}


def test_card_is_a_function_of_the_files(carded):
    text = (carded / "README.md").read_text(encoding="utf-8")
    assert cards.card("lines") == text
    shipping.main(["lines", "-n", "7"])  # measures again
    assert (carded / "README.md").read_text(encoding="utf-8") == text


def test_table_has_a_row_for_each_preset(carded):
    head, row = cards.table().splitlines()
    assert head.split() == ["name", "class", "size", "parameters", "draws", "figure"]
    assert row.split()[:2] == ["lines", "DiffusionModel"]
    assert f"{presets.load('lines').count_params():,}" in row
    assert row.endswith("lines  noise loss 0.123")
    assert head.index("figure") == row.index("noise loss")
    (carded / "evaluation.json").unlink()
    assert cards.table().splitlines()[1].split()[-1] == "–"
