"""The demo, with one epoch and untrained models: the pictures and the page."""

import json
import re
import runpy
from pathlib import Path

import pytest
from PIL import Image

from keras_gen import cli, demo, evaluation, presets, shelf, training
from keras_gen.autoencoders import VAE, build_decoder, build_encoder
from keras_gen.diffusion import TextConditionedDiffusionModel, TextToImage
from keras_gen.gans import (
    ConditionalGAN,
    CycleGAN,
    Pix2Pix,
    build_discriminator,
    build_generator,
    build_patch_discriminator,
    build_translator,
)

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
SHAPE = (32, 32, 3)
PICTURES = [
    "vae_reconstructions.png",
    "vae_latent_grid.png",
    "vae_latent_map.png",
    "vae_interpolation.png",
    "vae_flowers.png",
    "gan_digits.png",
    "asked_digits.png",
    "pix2pix_flowers.png",
    "cyclegan_flowers.png",
    "digits_diffusion.png",
    "diffusion_strip.png",
    "diffusion_samples.png",
    "prompts.png",
    "unseen_prompts.png",
    "morph.gif",
    "training.png",
]
SHIPPED = {
    "vae_digits": 4,
    "vae_flowers": 1,
    "dcgan_digits": 1,
    "conditional_gan_digits": 1,
    "pix2pix_flowers": 1,
    "cyclegan_flowers": 1,
    "diffusion_digits": 1,
    "diffusion_flowers_32": 2,
    "text_to_image_flowers_32": 3,
}


def tiny_models():
    """Untrained ones in the place of the presets, name -> model."""
    shape, widths = (28, 28, 1), (2, 2)
    # The shipped encoder, which knows the prompts, before a tiny U-Net.
    encoder = presets.load_text_encoder("flower_text_encoder")
    diffusion = TextConditionedDiffusionModel(
        ZOO["unet"](text_shape=(encoder.dim,)), normalizer=ZOO["normalizer"]()
    )
    made = {
        "vae_digits": VAE(
            build_encoder(shape, 2, widths), build_decoder(shape, 2, widths)
        ),
        "vae_flowers": ZOO["vae"]()[0],
        "dcgan_digits": ZOO["gan"]()[0],
        "conditional_gan_digits": ConditionalGAN(
            build_generator(shape, 4, widths, num_classes=10),
            build_discriminator(shape, widths, num_classes=10),
            num_classes=10,
        ),
        "pix2pix_flowers": Pix2Pix(
            build_translator(SHAPE, widths),
            build_patch_discriminator(SHAPE, widths, source_channels=3),
        ),
        "cyclegan_flowers": CycleGAN(
            *(build_translator(SHAPE, widths) for _ in range(2)),
            *(build_patch_discriminator(SHAPE, widths) for _ in range(2)),
        ),
        "diffusion_digits": ZOO["diffusion"]()[0],
        "diffusion_flowers_32": ZOO["class_conditioned"]()[0],
        "text_to_image_flowers_32": TextToImage(encoder, diffusion),
    }
    for model in made.values():
        drawing = getattr(model, "diffusion", model)
        ZOO["fill"](getattr(drawing, "ema_unet", drawing))
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder, and what was printed."""
    folder, printed = tmp_path_factory.mktemp("demo") / "page", []
    tiny = tmp_path_factory.mktemp("presets")
    for name, model in tiny_models().items():
        training.save_checkpoint(model, tiny / name / shelf.MODEL, {})
    figures = {"seen_all_four": 0.9876, "held_out_all_four": 0.8765}
    path = tiny / "text_to_image_flowers_32" / "evaluation.json"
    path.write_text(json.dumps({"figures": figures}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "FOLDER", tiny)
        patch.setattr(demo, "EPOCHS", 2)
        original = demo.recipes.recipe

        def recipe(model, **settings):
            widths = (4, 8)
            return original(model, **settings | {"widths": widths, "batch_size": 500})

        patch.setattr(demo.recipes, "recipe", recipe)
        patch.setattr("builtins.print", lambda *words, **more: printed.append(*words))
        demo.run(str(folder), seed=1)
    return folder, "\n".join(map(str, printed))


def test_all_pictures_are_there(made):
    folder, _ = made
    found = {p.name for p in folder.iterdir()}
    assert found == {*PICTURES, "vae.keras", "index.html"}
    for name in PICTURES:
        with Image.open(folder / name) as picture:
            picture.load()
            assert min(picture.size) > 30
            extremes = picture.convert("L").getextrema()
            assert extremes[0] < extremes[1]  # it shows something


def test_the_morph_moves(made):
    with Image.open(made[0] / "morph.gif") as picture:
        assert picture.n_frames > 5


def test_the_page_shows_every_picture_in_order(made):
    page = (made[0] / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<img src="([^"]+)"', page) == PICTURES
    for name, times in SHIPPED.items():
        assert page.count(f"shipped checkpoint <b>{name}</b>") == times
    assert page.count(">made in this run<") == 1
    assert f"{sum(SHIPPED.values())} of {len(PICTURES)} pictures" in page
    for figure in ("seconds for these", "prompts drawn right", "0.9876", "0.8765"):
        assert figure in page
    assert page.count("loss of epoch") == 2


def test_the_paths_are_printed_at_the_end(made):
    folder, printed = made
    lines = [line.strip() for line in printed.splitlines()]
    assert lines[-1] == str(folder / "index.html")
    for name in PICTURES:
        assert str(folder / name) in lines


def test_its_model_can_be_used_by_the_other_commands(made, monkeypatch, capsys):
    """It says what it was trained on."""
    folder, _ = made
    state = training.read_state(folder / "vae.keras")
    assert state["recipe"]["data"] == "digits"
    monkeypatch.setattr(evaluation, "evaluate", lambda *given: {"figure": 1.0})
    assert cli.main(["evaluate", str(folder / "vae.keras")]) == 0
    assert "figure  1" in capsys.readouterr().out


def test_it_uses_every_preset_that_draws():
    tools = {"digit_reader", "flower_reader", "flower_text_encoder"}
    assert SHIPPED.keys() == shelf.PRESETS.keys() - tools


def test_prompts_can_be_read_by_the_shipped_encoder():
    """No word is new to it, and none of the prompts is too long."""
    encoder = presets.load_text_encoder("flower_text_encoder")
    prompts = [*demo.PROMPTS, *demo.MORPH]
    assert [encoder.unknown_words(prompt) for prompt in prompts] == [[]] * 10
    assert len(set(prompts)) == 10
    encoder.tokenize(prompts)
