"""What is shipped: as good as what was trained, half as large, with its card."""

import json
import runpy
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import cards, evaluation, half_precision, presets, runs, shelf, shipping
from keras_gen import training
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
