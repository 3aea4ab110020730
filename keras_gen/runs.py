"""What `keras-gen train` does: a recipe, and a folder with all that comes of it.

The folder holds `model.keras` (the checkpoint), `recipe.json` (what made it, with
versions), `log.csv` and `curves.png` (the losses), and `samples/` (pictures drawn
after each epoch).
"""

import csv
import dataclasses
import json
import os
import platform
import time
import zipfile
from importlib import metadata
from pathlib import Path

import keras
import numpy as np

from keras_gen import backend, plots, recipes, training
from keras_gen.data import digits, flowers
from keras_gen.data.flowers import ATTRIBUTES, flower_captions, similar_attributes
from keras_gen.diffusion import TextToImage
from keras_gen.distribution import ALONE
from keras_gen.metrics import build_attribute_reader, build_digit_reader
from keras_gen.text import pretrain_text_encoder, train_on_paraphrases

# None is trained by `recipes.train`: they are tools of the other models.
TOOLS = {
    "text-encoder": {"epochs": 4, "num_pictures": 20_000},
    "flower-reader": {"epochs": 8, "num_pictures": 60_000},
    "digit-reader": {"epochs": 40},
}


def run(model, settings, out, resume=False, team=ALONE):
    """Trains, and writes the folder.

    Args:
        model: one of `recipes.MODELS`, or of `TOOLS`.
        settings: fields of `recipes.Recipe`; None means the default, or, when
            resuming, what the checkpoint was trained with.
        out: the folder.
        resume: whether to go on from the checkpoint in the folder.
        team: the devices that train together; its first process writes.

    Raises:
        FileExistsError: if there is a checkpoint already and `resume` is not set.
        ValueError: if a setting does not fit the checkpoint, or the model.
    """
    out = Path(out)
    if out.is_file():
        raise FileExistsError(f"{out} must be a folder, but it is a file.")
    chosen = {name: value for name, value in settings.items() if value is not None}
    if model in TOOLS:
        if team.devices > 1:
            raise ValueError(f"{model} trains on one device; got {team.devices}.")
        return _run_tool(model, chosen, out, resume)
    path = out / "model.keras"
    if path.is_file() and not resume:
        raise FileExistsError(
            f"{path} exists already: --resume goes on with it; for a new training "
            "choose another --out."
        )
    if resume:
        chosen = {**_saved_settings(path), **chosen}
        done = training.read_state(path).get("epoch", 0)
        if done == chosen.get("epochs") and team.is_first:
            print(f"All {done} epochs of {path} are done already.")
    recipe = recipes.recipe(model, **chosen)
    if model not in (
        *recipes.GANS,
        *recipes.TRANSLATORS,
    ):  # which look at it when they are built
        keras.losses.get(recipe.loss)  # an unknown one is better told now
    samples = training.SampleGrid(out / "samples", _drawer(recipe, team))
    _, history = recipes.train(
        recipe, path, resume, callbacks=[team.alone(samples)], team=team
    )
    if team.is_first:
        seconds = training.read_state(path)["seconds"]
        _write_facts(out, dataclasses.asdict(recipe), history, seconds, team.devices)


def settings_of(model, **chosen):
    """Gives all settings of a training, as `recipe.json` holds them.

    Args:
        model: one of `recipes.MODELS`, or of `TOOLS`.
        **chosen: settings that are not the default.

    Returns:
        Dict: name of the setting -> value.

    Example:

    >>> settings_of("flower-reader", epochs=2)["epochs"]
    2
    """
    if model in TOOLS:
        return {"model": model, "seed": 0, "batch_size": 64, **TOOLS[model], **chosen}
    return dataclasses.asdict(recipes.recipe(model, **chosen))


def _saved_settings(path):
    """What the checkpoint was trained with; `recipes.train` checks the rest."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {path} to resume.")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a .keras file, or a damaged one.")
    saved = training.read_state(path).get("recipe", {})
    fields = recipes.Recipe.__dataclass_fields__.values()
    # A setting that came after the checkpoint is as it was before there was one.
    settings = {field.name: saved.get(field.name, field.default) for field in fields}
    del settings["model"]
    return settings


def _drawer(recipe, team):
    """What to draw after each epoch: always the same, so that one sees it improve."""
    pictures, test = recipes.load_data(
        recipe.data,
        recipe.image_size,
        num_pictures=16,
        seed=recipe.seed,
        sources=recipes.sources_of(recipe.model),
    )

    def draw(model):
        model = team.single(model)
        if isinstance(model, TextToImage):
            return model.generate(list(test.captions[:16]), seed=recipe.seed)
        if hasattr(model, "generate"):
            return model.generate(16, seed=recipe.seed)
        if hasattr(model, "translate"):
            return _translated(model, test)
        return model.reconstruct(test.batch(np.arange(min(16, len(test)))))

    return draw


def _translated(model, pairs):
    """Rows of four sources and, below each, what was drawn of it."""
    sources = pairs.batch_of_sources(np.arange(min(8, len(pairs))))
    made = model.translate(sources)
    if made.shape != sources.shape:
        return made
    rows = [kind[i : i + 4] for i in range(0, len(made), 4) for kind in (sources, made)]
    return np.concatenate(rows)


def _run_tool(model, chosen, out, resume):
    allowed = ("seed", "batch_size", *TOOLS[model])
    unknown = [name for name in chosen if name not in allowed]
    if unknown or resume:
        what = "--resume" if resume else f"--{unknown[0].replace('_', '-')}"
        names = ", ".join(f"--{name.replace('_', '-')}" for name in allowed)
        raise ValueError(f"{model} takes no {what}; it takes {names}.")
    made = [out / name for name in ("model.keras", "text_encoder.json")]
    if any(path.is_file() for path in made):
        raise FileExistsError(f"{out} holds a training already: choose another --out.")
    recipe = settings_of(model, **chosen)
    start = time.monotonic()
    make = {
        "text-encoder": _text_encoder,
        "flower-reader": _flower_reader,
        "digit-reader": _digit_reader,
    }
    history = make[model](recipe, out)
    _write_facts(out, recipe, history, time.monotonic() - start)


def _text_encoder(recipe, out):
    """Pretrains on captions and negative prompts, then on pairs of captions."""
    pictures = flowers(recipe["num_pictures"], image_size=16, seed=recipe["seed"])
    encoder, history = pretrain_text_encoder(
        pictures.captions + pictures.negative_captions,
        epochs=recipe["epochs"],
        batch_size=recipe["batch_size"],
        seed=recipe["seed"],
    )
    similar = similar_attributes(recipe["num_pictures"], recipe["seed"])
    losses = train_on_paraphrases(
        encoder,
        flower_captions(similar, recipe["seed"], complete=True),
        flower_captions(similar, recipe["seed"] + 1),
        epochs=recipe["epochs"],
        batch_size=2 * recipe["batch_size"],
        seed=recipe["seed"],
    )
    history["paraphrase_loss"] = losses["loss"]
    out.mkdir(parents=True, exist_ok=True)
    encoder.save_to_preset(out)
    return history


def _flower_reader(recipe, out):
    train = flowers(recipe["num_pictures"], seed=recipe["seed"])
    test = flowers(1000, seed=recipe["seed"] + 1_000_003)
    data = (train.images, train.attributes), (test.images, test.attributes)
    return _reader(build_attribute_reader, *data, recipe, out)


def _digit_reader(recipe, out):
    data = ((part.images, part.labels) for part in digits())
    return _reader(build_digit_reader, *data, recipe, out)


def _reader(build, train, test, recipe, out):
    """Trains a classifier on (pictures, answers), and stores it."""
    keras.utils.set_random_seed(recipe["seed"])
    steps = recipe["epochs"] * -(-len(train[0]) // recipe["batch_size"])
    reader = build(steps=steps)
    history = reader.fit(
        *train,
        batch_size=recipe["batch_size"],
        epochs=recipe["epochs"],
        validation_data=test,
    )
    training.save_checkpoint(reader, out / "model.keras", {"recipe": recipe})
    return history.history


def _write_facts(out, recipe, history, seconds, devices=1):
    packages = ("keras", keras.backend.backend(), "keras-hub", "numpy")
    facts = {
        "recipe": recipe,
        "backend": keras.backend.backend(),
        "versions": {name: metadata.version(name) for name in packages},
        "python": platform.python_version(),
        "machine": _machine(),
        "devices": devices,
        "seconds_of_training": round(seconds),
    }
    plots.files.write_bytes(
        out / "recipe.json", (json.dumps(facts, indent=1) + "\n").encode()
    )
    with (out / "log.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *history])
        rows = zip(*history.values(), strict=True)
        writer.writerows([epoch, *row] for epoch, row in enumerate(rows))
    draw_curves(history, out)


def draw_curves(history, out):
    """Draws the losses as `curves.png`, without those of each attribute.

    Args:
        history: dict: name -> the values of each epoch.
        out: the folder.
    """
    shown = {name: values for name, values in history.items() if not _is_part(name)}
    plots.save(plots.training_curves(shown), out / "curves.png")


def _machine():
    """The machine in words: what it computes with, and how much of that is ours."""
    ask = getattr(os, "sched_getaffinity", None)  # not everywhere
    cores = len(ask(0)) if ask else os.cpu_count()
    used = ", ".join(backend.devices())
    return f"{platform.machine()}, {cores} processor core{'s'[: cores != 1]}, {used}"


def _is_part(name):
    """Whether it is one of the flower reader's losses, one for each attribute."""
    return name.removeprefix("val_").removesuffix("_loss") in ATTRIBUTES
