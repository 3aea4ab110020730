"""Small trained models, each with the recipe and the log that made it.

Synopsis:

>>> from keras_gen import presets
>>> "flowers_text_to_image" in presets.names()
True
"""

from pathlib import Path

FOLDER = Path(__file__).parent


def names():
    """Lists the presets that are shipped."""
    return tuple(sorted(p.name for p in FOLDER.iterdir() if _is_preset(p)))


def _is_preset(folder):
    return (folder / "model.keras").is_file() or (
        folder / "text_encoder.json"
    ).is_file()


def load(name):
    """Loads a shipped model.

    Args:
        name: one of `names()`.

    Returns:
        A trained model, or a `keras_gen.text.TextEncoder`.

    Raises:
        ValueError: if there is no such preset.
    """
    from keras_gen import training

    if name not in names():
        raise ValueError(
            f"There is no preset {name!r}; there are: {', '.join(names())}."
        )
    if (FOLDER / name / "text_encoder.json").is_file():
        return load_text_encoder(name)
    return training.load_model(FOLDER / name / "model.keras")


def load_text_encoder(name):
    """Loads a text encoder: one of ours, a folder, or one of keras-hub's presets.

    Args:
        name: `"flower_text_encoder"`, a folder that `TextEncoder.save_to_preset`
            wrote, or a keras-hub preset such as `"roberta_base_en"`.

    Returns:
        A `keras_gen.text.TextEncoder`.
    """
    from keras_gen.text import TextEncoder

    own = FOLDER / name / "text_encoder.json"
    return TextEncoder.from_preset(own.parent if own.is_file() else name)
