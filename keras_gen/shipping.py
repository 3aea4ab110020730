"""From a training's folder to a shipped preset: what the project's makers run.

    python -m keras_gen.shipping runs/NAME NAME    stores, measures, writes the card
    python -m keras_gen.shipping NAME              measures again, writes the card

The readers are shipped first: the figures of the other presets need them.
"""

import argparse
import csv
import json
import shutil
from importlib import metadata
from pathlib import Path

import keras
import numpy as np

from keras_gen import cards, evaluation, half_precision, presets, runs, shelf, training
from keras_gen.data import digits, flowers
from keras_gen.diffusion import TextToImage
from keras_gen.metrics.readers import reads_digits
from keras_gen.plots.files import write_bytes
from keras_gen.text import TextEncoder

NUM = 2000
NOT_SHIPPED = ("*.keras", "samples", "curves.png", "evaluation.json", shelf.CARD, ".*")
SHOWS = 0.01  # of the standard deviation of what a model answers


def ship(run_folder, name):
    """Makes a preset of what `keras-gen train` left: for the project's own use.

    A diffusion model is stored as it generates, with the average of its weights only
    and without the optimizer.  Weights are stored in half precision, unless that
    changes the model's answers.  The recipe and the log go along.

    Args:
        run_folder: the `--out` of the training.
        name: of the preset; its folder is made or written over.

    Returns:
        The change of the model's answers by half precision, as a share of their
        standard deviation; 0 where it is not used.

    Raises:
        ValueError: if the training was not made by the preset's recipe.
    """
    run_folder, folder = Path(run_folder), shelf.FOLDER / name
    _check_recipe(run_folder, name)
    ignore = shutil.ignore_patterns(*NOT_SHIPPED)
    shutil.copytree(run_folder, folder, ignore=ignore, dirs_exist_ok=True)
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    history = {key: [float(row[key]) for row in rows] for key in rows[0]}
    del history["epoch"]
    runs.draw_curves(history, folder)
    path = run_folder / shelf.MODEL
    if path.is_file():
        model, state = training.load_checkpoint(path)
        stored, whole = folder / shelf.MODEL, for_generation(model)
        training.save_checkpoint(whole, stored, state)
    else:
        stored, whole = folder / "model.weights.h5", presets.load(name)
    content = stored.read_bytes()
    half_precision.halve(stored)
    change = _change(answers(whole), answers(presets.load(name)))
    if change > SHOWS:
        stored.write_bytes(content)
        return 0.0
    return change


def _rewrite(name, file, **changes):
    text = json.dumps(shelf.facts(name, file) | changes, indent=1) + "\n"
    return write_bytes(shelf.FOLDER / name / file, text.encode())


def _check_recipe(run_folder, name):
    if name not in shelf.PRESETS:
        raise ValueError(
            f"There is no recipe for {name!r}: write it into shelf.PRESETS first; "
            f"there are {', '.join(shelf.PRESETS)}."
        )
    text = (run_folder / "recipe.json").read_text(encoding="utf-8")
    came = json.loads(text)["recipe"]
    expected = json.loads(json.dumps(runs.settings_of(**shelf.PRESETS[name].recipe)))
    for key in sorted(came.keys() | expected.keys()):
        if came.get(key) != expected.get(key):
            raise ValueError(
                f"{run_folder} was trained with {key}={came.get(key)!r}, but the "
                f"recipe of {name} says {expected.get(key)!r}."
            )


def answers(model, num=64):
    """What a model is used for, to compare two of its versions.

    Args:
        model: one that can be shipped.
        num: how many pictures or captions.

    Returns:
        Array: pictures in [0, 255], logits, or embeddings.
    """
    some = flowers(num, seed=6_000_011)
    if isinstance(model, TextEncoder):
        return model.embed(some.captions)
    if isinstance(model, TextToImage):
        return model.generate(some.captions, seed=0)
    if hasattr(model, "generate"):
        return model.generate(num, seed=0)
    if hasattr(model, "translate"):
        return model.translate(some.images)
    if reads_digits(model):
        return model.predict(digits()[1].images[:num], verbose=0)
    logits = model.predict(some.images, verbose=0)
    return np.concatenate(list(logits.values()), axis=1)


def _change(before, after):
    before, after = (np.asarray(x, "float64") for x in (before, after))
    return float(np.sqrt(np.mean((after - before) ** 2)) / np.std(before))


def measure(name, change, num=NUM, seed=0):
    """Measures a preset, and writes `evaluation.json` and the card beside it.

    Args:
        name: of the preset.
        change: what `ship` returned.
        num: how many pictures.
        seed: of noise and prompts.

    Returns:
        Path of the card.
    """
    how = shelf.PRESETS[name].how
    path = shelf.find(shelf.FOLDER / name)
    _, figures = evaluation.of_stored(path, None, seed, num, **how)
    words = {"num_steps": "steps", "guidance_scale": "guidance-scale"}
    asked = [f"--{words.get(key, key)} {value}" for key, value in how.items()]
    backend = keras.backend.backend()
    measured = {
        "command": " ".join(["keras-gen evaluate", name, f"-n {num}", *asked]),
        "backend": backend,
        "versions": {p: metadata.version(p) for p in ("keras", backend, "numpy")},
        "parameters": presets.load(name).count_params(),
        "half_precision_change": change,
        "figures": figures,
    }
    folder = _rewrite(name, "evaluation.json", **measured).parent
    return write_bytes(folder / shelf.CARD, cards.card(name).encode())


def for_generation(model):
    """Makes a copy of a trained model without what only training needs.

    Args:
        model: a model of this project.

    Returns:
        A model with float32 arithmetic that is not compiled; a diffusion model's
        weights are those of its moving average.
    """
    with_text = hasattr(model, "diffusion")
    diffusion = model.diffusion if with_text else model
    config = _in_float32(model.get_config())
    if hasattr(diffusion, "ema_unet"):
        (config["diffusion"]["config"] if with_text else config)["ema"] = 0.0
    copy = type(model).from_config(config)
    source, target = (m.diffusion if with_text else m for m in (model, copy))
    if not hasattr(source, "ema_unet"):
        target.set_weights(source.get_weights())
        return copy
    target.unet.set_weights(source.ema_unet.get_weights())
    target.normalizer.set_weights(source.normalizer.get_weights())
    target.normalizer.finalize_state()
    if with_text:
        copy.encoder.backbone.set_weights(model.encoder.backbone.get_weights())
        copy.encoder.tokenizer.set_vocabulary_and_merges(
            model.encoder.tokenizer.vocabulary, model.encoder.tokenizer.merges
        )
    return copy


def _in_float32(config):
    """Replaces the dtype policies in a config; the weights are float32 already."""
    if isinstance(config, dict):
        name = (config.get("config") or {}).get("name", "")
        if config.get("class_name") == "DTypePolicy" and "float" in name:  # no token's
            return {**config, "config": {"name": "float32"}}
        return {key: _in_float32(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_in_float32(value) for value in config)
    return config


def main(arguments=None):
    """Ships, measures, prints where the card is."""
    parser = argparse.ArgumentParser(prog="python -m keras_gen.shipping")
    parser.add_argument("run_folder", nargs="?", help="what keras-gen train left")
    parser.add_argument("name", help="of the preset")
    text = "what trained it, where recipe.json does not say it in words"
    parser.add_argument("--machine", help=text)
    parser.add_argument("-n", "--num", type=int, default=NUM, help="pictures a figure")
    options = parser.parse_args(arguments)
    if options.run_folder:
        change = ship(options.run_folder, options.name)
        if options.machine:
            _rewrite(options.name, "recipe.json", machine=options.machine)
    else:
        change = shelf.facts(options.name, "evaluation.json")["half_precision_change"]
    print(f"Half precision changes it by {change:.2g}; measuring …", flush=True)
    print(measure(options.name, change, options.num))


if __name__ == "__main__":
    main()
