"""From a training's folder to a shipped preset: what the project's makers run.

python -m keras_gen.shipping runs/diffusion flowers_diffusion
"""

import shutil
import sys
from pathlib import Path

from keras_gen import presets, training


def ship(run_folder, name):
    """Makes a preset of what `keras-gen train` left: for the project's own use.

    A diffusion model is stored as it generates, with the average of its weights only,
    in float32, and without the optimizer.  The recipe and the log go along.

    Args:
        run_folder: the `--out` of the training.
        name: of the preset; its folder is made or written over.
    """
    run_folder, folder = Path(run_folder), presets.FOLDER / name
    shutil.copytree(
        run_folder,
        folder,
        ignore=shutil.ignore_patterns("*.keras", "samples"),
        dirs_exist_ok=True,
    )
    path = run_folder / "model.keras"
    if path.is_file():
        model, state = training.load_checkpoint(path)
        model = for_generation(model)
        training.save_checkpoint(model, folder / "model.keras", state)


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


if __name__ == "__main__":
    ship(*sys.argv[1:])
