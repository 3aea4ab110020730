"""The demo, with one epoch and untrained models: the pictures and the page."""

import re
import runpy
from pathlib import Path

import pytest
from PIL import Image

from keras_gen import cli, demo, evaluation, presets, training
from keras_gen.diffusion import TextConditionedDiffusionModel, TextToImage

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
PICTURES = [
    "vae_reconstructions.png",
    "vae_latent_grid.png",
    "vae_latent_map.png",
    "vae_interpolation.png",
    "digits_diffusion.png",
    "diffusion_strip.png",
    "diffusion_samples.png",
    "prompts.png",
    "unseen_prompts.png",
    "morph.gif",
]
SHIPPED = {"flowers_diffusion": 2, "flowers_text_to_image": 3}


def text_to_image():
    """The shipped encoder, which knows the prompts, before a tiny U-Net."""
    encoder = presets.load_text_encoder("flower_text_encoder")
    diffusion = TextConditionedDiffusionModel(
        ZOO["unet"](text_shape=(encoder.dim,)), normalizer=ZOO["normalizer"]()
    )
    return TextToImage(encoder, diffusion)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder, and what was printed."""
    tiny = {"flowers_diffusion": ZOO["diffusion"]()[0]}
    tiny["flowers_text_to_image"] = text_to_image()
    for model in tiny.values():
        ZOO["fill"](getattr(model, "diffusion", model).ema_unet)
    folder, printed = tmp_path_factory.mktemp("demo") / "page", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presets, "load", tiny.__getitem__)
        patch.setattr(demo, "VAE_EPOCHS", 1)
        patch.setattr(demo, "DIFFUSION_EPOCHS", 1)
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
    models = {"vae.keras", "digits_diffusion.keras"}
    assert found == {*PICTURES, *models, "index.html"}
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
    assert page.count(">made in this run<") == 5
    assert f"{sum(SHIPPED.values())} of {len(PICTURES)} pictures" in page
    for figure in ("negative elbo nats", "pca rmse", "minutes for all of this"):
        assert figure in page


def test_the_paths_are_printed_at_the_end(made):
    folder, printed = made
    lines = [line.strip() for line in printed.splitlines()]
    assert lines[-1] == str(folder / "index.html")
    for name in PICTURES:
        assert str(folder / name) in lines


def test_its_models_can_be_used_by_the_other_commands(made, monkeypatch, capsys):
    """They say what they were trained on."""
    folder, _ = made
    state = training.read_state(folder / "digits_diffusion.keras")
    assert state["recipe"]["data"] == "digits"
    monkeypatch.setattr(evaluation, "evaluate", lambda *given: {"figure": 1.0})
    assert cli.main(["evaluate", str(folder / "vae.keras")]) == 0
    assert "figure  1" in capsys.readouterr().out


def test_prompts_can_be_read_by_the_shipped_encoder():
    """No word is new to it, and none of the prompts is too long."""
    encoder = presets.load_text_encoder("flower_text_encoder")
    prompts = [*demo.PROMPTS, *demo.MORPH]
    assert [encoder.unknown_words(prompt) for prompt in prompts] == [[]] * 10
    assert len(set(prompts)) == 10
    encoder.tokenize(prompts)
