"""The shelf: which presets are shipped, what made each of them, and where they lie.

A preset is a folder with `model.keras` (or keras-hub's files of a text encoder),
`recipe.json`, `log.csv`, `evaluation.json` and its card, `README.md`.  Only the
standard library is imported here until a model is loaded.
"""

import functools
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "presets"
MODEL, ENCODER = "model.keras", "text_encoder.json"
DAMAGED = "damaged file"
CARD = "README.md"


@dataclass(frozen=True)
class Preset:
    """What is decided of a preset before it is trained.

    Args:
        draws: what it is for, in a few words.
        figure: the name of the figure that says most about it.
        limits: what it cannot do, in a sentence or two.
        recipe: settings of `recipes.recipe`, or of one of `runs.TOOLS`.
        how: to walk from noise to pictures when it is measured.
    """

    draws: str
    figure: str
    limits: str
    recipe: dict
    how: dict = field(default_factory=dict)


# The one place that says how each preset is made: `keras-gen train --recipe NAME`.
PRESETS = {
    "conditional_gan_digits": Preset(
        "handwritten digits of the class that is asked for, 28 x 28",
        "label_accuracy",
        "The 1,500 digits that it learned from were scanned at 8 x 8 pixels: its "
        "strokes are as soft as theirs.",
        {"model": "conditional-gan", "data": "digits", "epochs": 100},
    ),
    "cyclegan_flowers": Preset(
        "flowers by day of flowers by night, and back, 32 x 32",
        "mean_absolute_error",
        "It has never seen one flower by day and by night: what is too dark to be told "
        "it guesses. It knows the drawn flowers of this package and nothing else.",
        {"model": "cyclegan", "epochs": 10, "num_pictures": 10_000},
    ),
    "dcgan_digits": Preset(
        "handwritten digits, 28 x 28",
        "sample_distance",
        "The 1,500 digits that it learned from were scanned at 8 x 8 pixels: its "
        "strokes are as soft as theirs. It does not know which digit it draws.",
        {"model": "gan", "data": "digits", "epochs": 100},
    ),
    "diffusion_digits": Preset(
        "handwritten digits, 28 x 28",
        "sample_distance",
        "The 1,500 digits that it learned from were scanned at 8 x 8 pixels: its "
        "strokes are as soft as theirs. It does not know which digit it draws.",
        {
            "model": "diffusion",
            "data": "digits",
            "epochs": 100,
            "batch_size": 64,
            "widths": (32, 64, 96),
            "patch_size": 1,
            "self_attention": False,
            "normalization": "batch",
            "optimizer": "adamw",
            "dtype": "mixed_bfloat16",
        },
    ),
    "diffusion_flowers_32": Preset(
        "flowers of the attributes that are asked for, or of any, 32 x 32",
        "frechet_ratio",
        "It knows the drawn flowers of this package and nothing else, at 32 x 32 "
        "pixels only. It is told the attributes of each flower that it draws; where "
        "nobody says them, they are drawn at random first.",
        {
            "model": "conditional-diffusion",
            "data": "flowers",
            "condition": "attributes",
            "epochs": 42,
            "batch_size": 64,
            "num_pictures": 40_000,
            "optimizer": "adamw",
            "dtype": "mixed_bfloat16",
        },
        {"guidance_scale": 1.5, "sampler": "dpm_solver", "spacing": "log_snr"},
    ),
    "digit_reader": Preset(
        "nothing: it reads a handwritten digit",
        "test_accuracy",
        "It learned from the 1,500 digits of this package, soft strokes of 28 x 28 "
        "pixels, and gives an answer to any picture, also where there is no digit. "
        "Digits from elsewhere, such as MNIST's, have sharper strokes.",
        {"model": "digit-reader"},
    ),
    "flower_reader": Preset(
        "nothing: it reads a flower's attributes",
        "seen_all_four",
        "It reads the drawn flowers of this package at 32 x 32 pixels, and gives an "
        "answer to any picture, also where there is no flower. It was trained on drawn "
        "pictures only: on poor ones it can be wrong.",
        {"model": "flower-reader"},
    ),
    "flower_text_encoder": Preset(
        "nothing: it embeds prompts",
        "probe_mean",
        "It knows the words of the captions of this package; a prompt with others gets "
        "a warning that names them.",
        {"model": "text-encoder"},
    ),
    "pix2pix_flowers": Preset(
        "flowers of their outlines, 32 x 32",
        "mean_absolute_error",
        "It knows outlines as `keras_gen.data.outlines` draws them, lines in the "
        "colours of both their sides; between them it paints what is most likely.",
        {"model": "pix2pix", "epochs": 15, "num_pictures": 10_000},
    ),
    "text_to_image_flowers_32": Preset(
        "flowers as a prompt describes them, 32 x 32",
        "held_out_all_four",
        "It understands the language of the captions of this package (keras_gen/data/"
        "captions.py) and draws its flowers, one in a picture, at 32 x 32 pixels.",
        {
            "model": "text-to-image",
            "data": "flowers",
            "epochs": 32,
            "num_pictures": 40_000,
            "dtype": "mixed_bfloat16",
        },
        {"guidance_scale": 2.0, "sampler": "dpm_solver", "spacing": "log_snr"},
    ),
    "vae_digits": Preset(
        "handwritten digits, from a latent plane, 28 x 28",
        "negative_elbo_nats",
        "Two numbers a picture are few: they suffice for a map that can be looked at, "
        "and not for sharp digits; 3, 5, 8 and 9 lie close together on it.",
        {"model": "vae", "data": "digits", "latent_dim": 2, "epochs": 150},
    ),
    "vae_flowers": Preset(
        "flowers, blurred as a VAE's are, 32 x 32",
        "frechet_ratio",
        "Its samples are blurred, and some mix two flowers: that is what the lecture "
        "shows with it, beside the diffusion model of the same pictures.",
        {
            "model": "vae",
            "data": "flowers",
            "latent_dim": 64,
            "widths": (32, 64, 128),
            "beta": 2.0,
            "epochs": 15,
        },
    ),
}


def names():
    """Lists the presets that are shipped, sorted.

    Returns:
        A tuple of strings.
    """
    folders = [folder for folder in FOLDER.iterdir() if folder.is_dir()]
    return tuple(sorted(folder.name for folder in folders if holds(folder)))


def names_of(kinds):
    """Lists the presets that hold a model of one of these classes.

    Args:
        kinds: names of classes.

    Example:

    >>> names_of(["TextToImage"])
    ('text_to_image_flowers_32',)
    """
    return tuple(name for name in names() if holds(FOLDER / name) in kinds)


def holds(path):
    """Tells the class of the model in a folder or a file, without loading it.

    Args:
        path: a preset's or a training's folder, or a `.keras` file.

    Returns:
        A string such as `"VAE"`; "" where there is no model.
    """
    path = Path(path)
    if (path / ENCODER).is_file():
        return "TextEncoder"
    path = path / MODEL if path.is_dir() else path
    if not path.is_file():
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))["class_name"]
    except (zipfile.BadZipFile, KeyError, ValueError):
        return DAMAGED


def find(name, kinds=()):
    """Finds a checkpoint, a training's folder or a preset.

    Args:
        name: a `.keras` file, a folder with one or with a text encoder, or a preset.
        kinds: names of the classes that are wanted; without any, all are.

    Returns:
        Path of the `.keras` file, or of the folder of a text encoder.

    Raises:
        FileNotFoundError: if there is nothing of that name.
        ValueError: if it holds a model of another class.
    """
    path = Path(name)
    if not path.exists() and str(name) in names():
        path = FOLDER / name
    kind = holds(path)
    if not kind:
        raise FileNotFoundError(
            f"There is no checkpoint {str(name)!r}, and no preset of that name; "
            f"{_choice(kinds)}."
        )
    if kinds and kind not in (*kinds, DAMAGED):  # which is better told by load_file
        raise ValueError(f"{name} holds a {kind}, not a {kinds[0]}; {_choice(kinds)}.")
    return path / MODEL if (path / MODEL).is_file() else path


def _choice(kinds):
    listed = names_of(kinds) if kinds else names()
    of_what = f"presets of {kinds[0]}" if kinds else "presets"
    return f"{of_what}: {', '.join(listed) or 'none'}"


def size(name):
    """Counts the bytes of a preset's folder, its card left out, which tells them.

    Args:
        name: of the preset.
    """
    files = [path for path in (FOLDER / name).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files if path.name != CARD)


def facts(name, file):
    """Reads one of the JSON files beside a preset; {} where there is none.

    Args:
        name: of the preset.
        file: `"recipe.json"` or `"evaluation.json"`.
    """
    path = FOLDER / name / file
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def load_file(path):
    """Loads a `.keras` file whose classes have been imported.

    Args:
        path: the file.

    Returns:
        The model.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no Keras model, or one of classes that are not known.
    """
    import keras

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {str(path)!r}.")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{str(path)!r} is not a .keras file, or a damaged one.")
    try:
        return keras.saving.load_model(path)
    except Exception as error:  # zip, JSON, HDF5 and Keras have their own kinds
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        if "No module named 'keras_hub'" in reason:
            reason = "it needs keras-hub (pip install 'keras-gen[text]')."
        raise ValueError(
            f"{str(path)!r} could not be loaded as a model of this project: {reason}"
        ) from error


class FromPreset:
    """Gives a model class its `from_preset`."""

    @classmethod
    def from_preset(cls, preset):
        """Loads a trained model of this class.

        Args:
            preset: name of a shipped preset (`keras-gen presets` lists them), a
                folder that `keras-gen train` made, or a `.keras` file.

        Returns:
            A model of this class, written on any backend.

        Raises:
            FileNotFoundError: if there is nothing of that name.
            ValueError: if it holds a model of another class.
        """
        return load_file(find(preset, _kinds(cls)))


def _kinds(cls):
    """The names of a class and of those that are made from it."""
    below = [_kinds(sub) for sub in cls.__subclasses__()]
    return functools.reduce(lambda a, b: a + b, below, [cls.__name__])
