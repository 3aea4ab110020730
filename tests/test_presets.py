"""The shipped models: whole, small, made by the recipe beside them, and good."""

import csv
import dataclasses
import json

import keras
import numpy as np
import pytest

from keras_gen import building, cards, presets, recipes, runs, shelf, training
from keras_gen.data import digits, flowers, load_data
from keras_gen.data.captions import canonical_caption
from keras_gen.data.pairs import flower_pairs
from keras_gen.metrics import attribute_accuracy, chance_accuracy, energy_distance
from keras_gen.text import TextEncoder

ENCODER = "flower_text_encoder"
READER = "flower_reader"
DIGIT_READER = "digit_reader"
DIFFUSION = "diffusion_flowers_32"
DIGITS = "diffusion_digits"
TEXT_TO_IMAGE = "text_to_image_flowers_32"
VAES = ("vae_digits", "vae_flowers")
CONDITIONAL, GAN, PIX2PIX = "conditional_gan_digits", "dcgan_digits", "pix2pix_flowers"
CYCLEGAN = "cyclegan_flowers"
GANS = (CONDITIONAL, CYCLEGAN, GAN, PIX2PIX)
READERS = (DIGIT_READER, READER, ENCODER)
NAMES = tuple(sorted((*GANS, DIGITS, DIFFUSION, *READERS, TEXT_TO_IMAGE, *VAES)))
IN_A_FILE = tuple(name for name in NAMES if name != ENCODER)
MEGABYTES, MEGABYTES_OF_GANS = 12, 6
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


def recipe_of(name):
    return shelf.facts(name, "recipe.json")["recipe"]


# ------------------------------------------------------------------- what is there


def test_names():
    assert presets.names() == NAMES == tuple(shelf.PRESETS)


def test_an_unknown_preset_is_told_the_known_ones():
    with pytest.raises(ValueError, match="no preset 'flower_vae'; there are") as caught:
        presets.load("flower_vae")
    for name in NAMES:
        assert name in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_recipe_its_log_and_its_card(name):
    made = shelf.facts(name, "recipe.json")
    assert {"recipe", "backend", "versions", "machine"} <= made.keys()
    assert made["versions"].keys() >= {"keras", "numpy", made["backend"]}
    with (shelf.FOLDER / name / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == made["recipe"]["epochs"]
    losses = [float(row["loss"]) for row in rows]
    assert name in GANS or losses[-1] < losses[0]  # a duel need not end
    card = (shelf.FOLDER / name / shelf.CARD).read_text(encoding="utf-8")
    assert card == cards.card(name)  # nobody has written it by hand


@pytest.mark.parametrize("name", NAMES)
def test_each_was_made_by_its_recipe(name):
    """That of the table, which `keras-gen train --recipe` runs.

    A setting that came after the preset is as it was before there was one.
    """
    expected = runs.settings_of(**shelf.PRESETS[name].recipe)
    made = recipe_of(name)
    if made["model"] not in runs.TOOLS:
        made = dataclasses.asdict(recipes.Recipe(**made))
    assert json.loads(json.dumps(made)) == json.loads(json.dumps(expected))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in READERS])
def test_its_recipe_makes_such_networks(load, name):
    """Where a network's builder was changed, the preset is to be trained again."""
    recipe = recipes.Recipe(**recipe_of(name))
    sources = recipes.sources_of(recipe.model)
    train, _ = load_data(recipe.data, recipe.image_size, 40, sources=sources)
    assert networks(load(name)) == networks(building.build(recipe, train))


def networks(model):
    """Shapes of the weights of those networks that are shipped."""
    model = getattr(model, "diffusion", model)
    names = ("unet", "encoder", "decoder", "generator")
    found = {name: getattr(model, name) for name in names if hasattr(model, name)}
    return {
        name: [tuple(weight.shape) for weight in network.weights]
        for name, network in found.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_was_measured(name):
    measured = shelf.facts(name, "evaluation.json")
    assert f"keras-gen evaluate {name} -n 2000" in measured["command"]
    assert shelf.PRESETS[name].figure in measured["figures"]
    assert measured["parameters"] == presets.load(name).count_params()
    assert measured["half_precision_change"] < 0.01


def test_they_are_small():
    sizes = {name: shelf.size(name) / 1e6 for name in NAMES}
    of_gans = sum(sizes[name] for name in GANS)
    assert of_gans <= MEGABYTES_OF_GANS, sizes
    assert sum(sizes.values()) - of_gans <= MEGABYTES, sizes


@pytest.mark.parametrize("name", IN_A_FILE)
def test_each_checkpoint_knows_the_recipe_beside_it(name):
    state = training.read_state(shelf.FOLDER / name / shelf.MODEL)
    assert {"model": "flower-reader"} | state["recipe"] == recipe_of(name)


@pytest.mark.parametrize("name", [DIGITS, DIFFUSION, TEXT_TO_IMAGE])
def test_each_holds_what_generation_needs_and_no_more(load, name):
    model = load(name)
    diffusion = getattr(model, "diffusion", model)
    assert diffusion.ema_unet is diffusion.unet
    assert not model.compiled
    shape = (28, 28, 1) if name == DIGITS else (32, 32, 3)
    assert diffusion.image_shape == shape
    policies = {layer.dtype_policy.name for layer in diffusion.unet.layers}
    assert policies == {"float32"}


@pytest.mark.parametrize("name", NAMES)
def test_each_computes_in_float32(load, name):
    """In half precision it is only stored."""
    kinds = {keras.backend.standardize_dtype(w.dtype) for w in load(name).weights}
    assert kinds <= {"float32", "int32", "int64", "uint32"} and "float32" in kinds


# ------------------------------------------------------------------ what it is worth


# The goals; each is what `keras-gen evaluate` found, in `evaluation.json`.
GOALS = [
    (DIGIT_READER, "test_accuracy", 0.97, None),
    (READER, "seen_all_four", 0.99, None),
    (READER, "held_out_all_four", 0.99, None),
    (READER, "seen_mean", 0.99, None),
    (CONDITIONAL, "label_accuracy", 0.9, None),
    (TEXT_TO_IMAGE, "seen_all_four", 0.9, None),
    (TEXT_TO_IMAGE, "held_out_all_four", 0.75, None),
    (TEXT_TO_IMAGE, "frechet_ratio", None, 3.0),
    (DIFFUSION, "frechet_ratio", None, 3.0),
]


@pytest.mark.parametrize(("name", "figure", "least", "most"), GOALS)
def test_each_reaches_its_goal(name, figure, least, most):
    value = shelf.facts(name, "evaluation.json")["figures"][figure]
    assert (least is None or value >= least) and (most is None or value <= most)


def test_translations_are_near_the_truth():
    """Pix2Pix: half the error of the best colour; CycleGAN: nearer than the source."""
    drawn, turned = (
        shelf.facts(name, "evaluation.json")["figures"] for name in (PIX2PIX, CYCLEGAN)
    )
    assert drawn["mean_absolute_error"] <= 0.5 * drawn["best_colour_error"]
    assert turned["mean_absolute_error"] < turned["source_error"]


@pytest.mark.parametrize("name", [GAN, CONDITIONAL, DIGITS, DIFFUSION, TEXT_TO_IMAGE])
def test_none_copies(name):
    """Not more of its pictures are near one training picture than of real ones."""
    figures = shelf.facts(name, "evaluation.json")["figures"]
    assert figures["copies"] <= figures["real_copies"] + 0.02


def test_vae_of_digits_has_a_latent_plane(load):
    vae = load("vae_digits")
    assert vae.latent_dim == 2 and vae.image_shape == (28, 28, 1)
    _, test = digits()
    mean = test.images.mean(axis=0, keepdims=True).astype("float64")
    error, worst = (
        np.mean((test.images - x) ** 2) for x in (vae.reconstruct(test.images), mean)
    )
    assert error < 0.65 * worst


def test_vae_of_flowers_draws_in_colour(load):
    drawn = load("vae_flowers").generate(64, seed=0)
    real = flowers(400, seed=987_654_321).images
    mean = np.repeat(real.mean(axis=0, keepdims=True), 64, axis=0)
    assert energy_distance(drawn, real) < 0.3 * energy_distance(mean, real)


def test_diffusion_draws_digits(load):
    samples = load(DIGITS).generate(64, diffusion_steps=STEPS, seed=0)
    train, test = digits()
    mean = np.repeat(train.images.mean(axis=0, keepdims=True), 64, axis=0)
    distance = energy_distance(samples, test.images)
    assert distance < 0.2 * energy_distance(mean, test.images)


@pytest.mark.parametrize("name", [GAN, CONDITIONAL])
def test_gans_draw_digits(load, name):
    samples = load(name).generate(200, seed=0)
    train, test = digits()
    mean = np.repeat(train.images.mean(axis=0, keepdims=True), 64, axis=0)
    distance = energy_distance(samples, test.images)
    assert distance < 0.2 * energy_distance(mean, test.images)


def test_gan_draws_the_digit_that_is_asked_for(load):
    """As another network reads it than the one of the card."""
    drawn = load(CONDITIONAL).generate(200, seed=1)  # the classes in turn
    found = load(DIGIT_READER).predict(drawn, verbose=0).argmax(axis=1)
    assert np.mean(found == np.arange(200) % 10) > 0.85


@pytest.mark.parametrize(
    ("name", "data"), [(PIX2PIX, "flower_outlines"), (CYCLEGAN, "flower_nights")]
)
def test_translators_translate(load, name, data):
    """Other flowers than those of the card."""
    pairs = flower_pairs(data, 64, seed=987_654_321)
    rows = np.arange(64)
    sources, images = pairs.batch_of_sources(rows).astype(float), pairs.batch(rows)
    error = np.abs(load(name).translate(pairs.batch_of_sources(rows)) - 1.0 * images)
    assert error.mean() < 0.5 * np.abs(sources - images).mean()


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
    how = {"sampler": "dpm_solver", "spacing": "log_snr", "seed": 0}
    samples = model.generate(128, diffusion_steps=STEPS, **how)
    assert samples.dtype == np.uint8 and samples.shape == (128, 32, 32, 3)
    assert len({image.tobytes() for image in samples}) == 128
    real = flowers(400, seed=987_654_321).images
    others = flowers(64, seed=123_456_789).images
    noise = np.random.default_rng(0).integers(0, 256, others.shape, dtype="uint8")
    mean = np.repeat(others.mean(axis=0, keepdims=True), 64, axis=0)
    distance = energy_distance(samples, real)
    assert distance < 0.05 * energy_distance(mean, real)
    assert distance < 0.4 * energy_distance(noise, real)


@pytest.fixture(scope="module")
def drawn(load):
    """Pictures for 64 prompts of combinations seen in training, read by the reader."""
    asked = flowers(64, seed=987_654_321).attributes
    prompts = [
        canonical_caption({name: int(values[i]) for name, values in asked.items()})
        for i in range(64)
    ]
    pictures = load(TEXT_TO_IMAGE).generate(
        prompts, num_steps=STEPS, seed=0, **shelf.PRESETS[TEXT_TO_IMAGE].how
    )
    return pictures, attribute_accuracy(load(READER), pictures, asked)


def test_text_to_image_draws_flowers(drawn):
    pictures, _ = drawn
    assert pictures.dtype == np.uint8 and pictures.shape == (64, 32, 32, 3)
    real = flowers(400, seed=123_456_789).images
    mean = np.repeat(real.mean(axis=0, keepdims=True), 64, axis=0)
    assert energy_distance(pictures, real) < 0.5 * energy_distance(mean, real)


# Below the figures of its card by three standard errors of 64 pictures.
LEAST = {
    "petal_colour": 0.95,
    "petal_number": 0.9,
    "petal_shape": 0.85,
    "centre_colour": 0.89,
    "background": 0.97,
    "size": 0.9,
    "position": 0.95,
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
