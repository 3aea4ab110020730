"""Presets by name: `from_preset` of each class, what is found, what is refused."""

import runpy
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import presets, shelf, training
from keras_gen.autoencoders import VAE, Autoencoder
from keras_gen.diffusion import (
    DiffusionModel,
    TextConditionedDiffusionModel,
    TextToImage,
)
from keras_gen.text import TextEncoder

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
CLASSES = {
    "autoencoder": Autoencoder,
    "vae": VAE,
    "diffusion": DiffusionModel,
    "text_conditioned": TextConditionedDiffusionModel,
    "text_to_image": TextToImage,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shelf with one small preset of each class, an encoder and a reader."""
    folder = tmp_path_factory.mktemp("presets")
    for name in CLASSES:
        model = ZOO["fill"](ZOO[name]()[0])
        training.save_checkpoint(model, folder / name / "model.keras", {})
    ZOO["text_encoder"]().save_to_preset(folder / "encoder")
    images = keras.Input((4, 4, 1))
    reader = keras.Model(images, keras.layers.Flatten()(images))
    training.save_checkpoint(reader, folder / "reader" / "model.keras", {})
    (folder / "__pycache__").mkdir()
    (folder / "README.md").write_text("Presets")
    return folder


@pytest.fixture(autouse=True)
def shelved(monkeypatch, folder):
    monkeypatch.setattr(shelf, "FOLDER", folder)


def test_names_are_those_of_the_folders_with_a_model():
    assert shelf.names() == tuple(sorted([*CLASSES, "encoder", "reader"]))
    assert presets.names() == shelf.names()
    assert shelf.names_of(["VAE"]) == ("vae",)
    assert shelf.names_of(["DiffusionModel", "VAE"]) == ("diffusion", "vae")


@pytest.mark.parametrize("name", CLASSES)
def test_from_preset_takes_a_name_a_folder_and_a_file(name, folder):
    cls = CLASSES[name]
    model, data = ZOO[name]()
    expected = ZOO["outputs"](ZOO["fill"](model), data)
    for preset in (name, folder / name, str(folder / name / "model.keras")):
        loaded = cls.from_preset(preset)
        assert type(loaded) is cls
        found = ZOO["outputs"](loaded, data)
        for part, values in expected.items():
            np.testing.assert_allclose(found[part], values, rtol=1e-5, atol=1e-5)


def test_encoder_from_preset(folder):
    texts = ZOO["CAPTIONS"]
    expected = presets.load("encoder").embed(texts)
    for preset in ("encoder", folder / "encoder"):
        encoder = TextEncoder.from_preset(preset)
        np.testing.assert_array_equal(encoder.embed(texts), expected)
    assert presets.load_text_encoder("encoder").sequence_length == 24


@pytest.mark.parametrize(
    ("cls", "name", "said"),
    [
        (VAE, "reader", "reader holds a Functional, not a VAE; presets of VAE: vae"),
        (VAE, "encoder", "encoder holds a TextEncoder, not a VAE; presets of VAE: vae"),
        (
            TextConditionedDiffusionModel,
            "diffusion",
            "diffusion holds a DiffusionModel, not a TextConditionedDiffusionModel; "
            "presets of TextConditionedDiffusionModel: text_conditioned",
        ),
        (TextEncoder, "vae", "vae holds a VAE, not a TextEncoder; .*: encoder"),
    ],
)
def test_another_class_is_one_sentence(cls, name, said):
    with pytest.raises(ValueError, match=said) as caught:
        cls.from_preset(name)
    assert "\n" not in str(caught.value)


def test_a_class_loads_what_was_made_from_it():
    """A text-conditioned model is a diffusion model."""
    loaded = DiffusionModel.from_preset("text_conditioned")
    assert type(loaded) is TextConditionedDiffusionModel


@pytest.mark.parametrize("cls", CLASSES.values())
def test_an_unknown_name_is_told_the_presets_of_the_class(cls, tmp_path):
    name = [name for name, other in CLASSES.items() if other is cls][0]
    said = f"no checkpoint 'rose', and no preset of that name; presets of .*: .*{name}"
    with pytest.raises(FileNotFoundError, match=said) as caught:
        cls.from_preset("rose")
    assert "\n" not in str(caught.value) and "reader" not in str(caught.value)
    with pytest.raises(FileNotFoundError, match="There is no checkpoint"):
        cls.from_preset(tmp_path)


def test_where_no_preset_has_the_class(monkeypatch, tmp_path):
    monkeypatch.setattr(shelf, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="presets of VAE: none"):
        VAE.from_preset("vae")


def test_a_damaged_file(tmp_path):
    (tmp_path / "model.keras").write_text("miaow")
    for preset in (tmp_path, tmp_path / "model.keras"):
        with pytest.raises(ValueError, match="is not a .keras file, or a damaged one"):
            VAE.from_preset(preset)


def test_where_keras_hub_is_missing(monkeypatch):
    """It is an extra, which a text-to-image preset needs."""

    class Missing:
        def find_spec(name, *_):
            if name == "keras_hub":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    monkeypatch.delitem(sys.modules, "keras_hub", raising=False)
    with pytest.raises(ValueError, match=r"needs keras-hub \(pip install 'keras-gen\["):
        TextToImage.from_preset("text_to_image")


def test_a_folder_here_comes_before_a_preset(folder, tmp_path, monkeypatch):
    """What one has trained oneself, in runs/vae for example."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder / "diffusion", "vae")
    assert shelf.holds(shelf.find("vae")) == "DiffusionModel"


def test_from_preset_is_there_by_the_public_names():
    for name in ("VAE", "Autoencoder", "DiffusionModel", "TextToImage", "TextEncoder"):
        assert callable(getattr(keras_gen, name).from_preset)
