"""The shipped models: whole, small, made by the recipe beside them, and good."""

import csv
import json

import keras
import numpy as np
import pytest

from keras_gen import presets, recipes, training
from keras_gen.data import flowers
from keras_gen.data.captions import canonical_caption
from keras_gen.metrics import attribute_accuracy, chance_accuracy, energy_distance
from keras_gen.text import TextEncoder

ENCODER = "flower_text_encoder"
READER = "flower_reader"
DIFFUSION = "flowers_diffusion"
TEXT_TO_IMAGE = "flowers_text_to_image"
NAMES = (READER, ENCODER, DIFFUSION, TEXT_TO_IMAGE)
STEPS = 10


@pytest.fixture(scope="module")
def load():
    """Loads each preset once."""
    loaded = {}

    def load(name):
        if name not in loaded:
            loaded[name] = presets.load(name)
        return loaded[name]

    return load


def facts_of(name):
    return json.loads((presets.FOLDER / name / "recipe.json").read_text("utf-8"))


# ------------------------------------------------------------------- what is there


def test_names():
    assert presets.names() == NAMES


def test_an_unknown_preset_is_told_the_known_ones():
    with pytest.raises(ValueError, match="no preset 'flower_vae'; there are") as caught:
        presets.load("flower_vae")
    for name in NAMES:
        assert name in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_recipe_and_its_log(name):
    facts = facts_of(name)
    assert {"recipe", "backend", "versions"} <= facts.keys()
    assert facts["versions"].keys() >= {"keras", "numpy", facts["backend"]}
    with (presets.FOLDER / name / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == facts["recipe"]["epochs"]
    losses = [float(row["loss"]) for row in rows]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_each_is_small(name):
    files = [p for p in (presets.FOLDER / name).rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 8e6


@pytest.mark.parametrize("name", [DIFFUSION, TEXT_TO_IMAGE, READER])
def test_each_checkpoint_knows_the_recipe_beside_it(name):
    state = training.read_state(presets.FOLDER / name / "model.keras")
    assert {"model": "flower-reader"} | state["recipe"] == facts_of(name)["recipe"]


@pytest.mark.parametrize("name", [DIFFUSION, TEXT_TO_IMAGE])
def test_each_recipe_can_be_run_again(name):
    """This version knows all of its settings, and none has been lost."""
    saved = facts_of(name)["recipe"]
    recipe = recipes.Recipe(**saved)
    assert saved.keys() == recipe.__dataclass_fields__.keys()


@pytest.mark.parametrize("name", [DIFFUSION, TEXT_TO_IMAGE])
def test_each_holds_what_generation_needs_and_no_more(load, name):
    model = load(name)
    diffusion = getattr(model, "diffusion", model)
    assert diffusion.ema_unet is diffusion.unet
    assert not model.compiled
    unet = recipes.Recipe(**facts_of(name)["recipe"])
    assert diffusion.image_shape == (unet.image_size or 32,) * 2 + (3,)
    policies = {layer.dtype_policy.name for layer in diffusion.unet.layers}
    assert policies == {"float32"}


# ------------------------------------------------------------------ what it is worth


def test_encoder_embeds(load):
    encoder = load(ENCODER)
    assert isinstance(encoder, TextEncoder)
    assert not encoder.unknown_words("six white petals on a green background")
    red, also_red, blue = encoder.embed(
        ["a red flower", "a red blossom", "a blue flower"], pooled=True
    )
    assert red.shape == (encoder.dim,) and np.all(np.isfinite(red))
    assert np.any(red != blue) and np.any(red != also_red)


@pytest.mark.parametrize("held_out", [False, True])
def test_reader_reads_flowers(load, held_out):
    """Also combinations that it was never shown."""
    fresh = flowers(300, seed=987_654_321, held_out=held_out)
    accuracy = attribute_accuracy(load(READER), fresh.images, fresh.attributes)
    assert accuracy["mean"] >= 0.9
    assert min(accuracy.values()) >= 0.75


def test_diffusion_draws_flowers(load):
    model = load(DIFFUSION)
    samples = model.generate(64, diffusion_steps=20, seed=0)
    assert samples.dtype == np.uint8 and samples.shape == (64, 32, 32, 3)
    assert len({image.tobytes() for image in samples}) == 64
    real = flowers(400, seed=987_654_321).images
    others = flowers(64, seed=123_456_789).images
    noise = np.random.default_rng(0).integers(0, 256, others.shape, dtype="uint8")
    mean = np.repeat(others.mean(axis=0, keepdims=True), 64, axis=0)
    distance = energy_distance(samples, real)
    # Measured: 0.04 and 0.35 of these.
    assert distance < 0.1 * energy_distance(mean, real)
    assert distance < 0.6 * energy_distance(noise, real)


@pytest.fixture(scope="module")
def drawn(load):
    """Pictures for 64 prompts of combinations seen in training, read by the reader."""
    asked = flowers(64, seed=987_654_321).attributes
    prompts = [
        canonical_caption({name: int(values[i]) for name, values in asked.items()})
        for i in range(64)
    ]
    pictures = load(TEXT_TO_IMAGE).generate(
        prompts, num_steps=STEPS, guidance_scale=5.0, seed=0
    )
    return pictures, attribute_accuracy(load(READER), pictures, asked)


def test_text_to_image_draws_flowers(drawn):
    pictures, _ = drawn
    assert pictures.dtype == np.uint8 and pictures.shape == (64, 32, 32, 3)
    real = flowers(400, seed=123_456_789).images
    mean = np.repeat(real.mean(axis=0, keepdims=True), 64, axis=0)
    assert energy_distance(pictures, real) < 0.5 * energy_distance(mean, real)


# Below the least of four sets of prompts by three standard errors of 64 pictures.
LEAST = {
    "petal_colour": 0.9,
    "petal_number": 0.23,
    "centre_colour": 0.7,
    "background": 0.93,
    "size": 0.68,
    "position": 0.61,
}


@pytest.mark.parametrize("attribute", LEAST)
def test_text_to_image_draws_what_it_is_asked(drawn, attribute):
    assert drawn[1][attribute] > LEAST[attribute] > chance_accuracy()[attribute]


def test_presets_agree_on_their_encoder(load):
    """The one inside the text-to-image model is the one that is shipped alone."""
    inside, alone = load(TEXT_TO_IMAGE).encoder, load(ENCODER)
    prompt = ["a red flower at sunset"]
    np.testing.assert_allclose(inside.embed(prompt), alone.embed(prompt), atol=1e-5)


def test_loading_leaves_the_policy_as_it_was(load):
    load(TEXT_TO_IMAGE)
    assert keras.config.dtype_policy().name == "float32"
