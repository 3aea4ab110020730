"""Small trained models, each with its recipe, its log and a card of its figures.

Synopsis:

>>> from keras_gen import presets
>>> "text_to_image_flowers_32" in presets.names()
True
"""

from keras_gen import shelf
from keras_gen.shelf import names

__all__ = ["load", "load_text_encoder", "names"]


def load(name):
    """Loads a shipped model; `from_preset` of a class does so too.

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
    folder = shelf.FOLDER / name
    if shelf.holds(folder) == "TextEncoder":
        return load_text_encoder(folder)
    return training.load_model(folder / shelf.MODEL)


def load_text_encoder(name):
    """Loads a text encoder, as `TextEncoder.from_preset` does.

    Args:
        name: `"flower_text_encoder"`, a folder that `TextEncoder.save_to_preset`
            wrote, or a keras-hub preset such as `"roberta_base_en"`.

    Returns:
        A `keras_gen.text.TextEncoder`.
    """
    from keras_gen.text import TextEncoder

    return TextEncoder.from_preset(name)
