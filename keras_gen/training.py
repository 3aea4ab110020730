"""Training that can be stopped at any moment and taken up exactly.

`fit` does the training.  This file adds a checkpoint after each epoch, one file that
appears by rename, and makes every epoch's randomness (order of the pictures, diffusion
times, noise) a function of the seed and the epoch alone.  A run that was killed and
resumed from its last whole epoch then ends with the same weights as one that was not.
"""

import json
import os
import time
import zipfile
from pathlib import Path

import keras
import numpy as np

from keras_gen import backend, shelf

STATE_FILE = "training.json"  # inside the .keras file, which is a zip archive


def save_checkpoint(model, path, state):
    """Writes a model, and what is known of its training, as one `.keras` file.

    The file is written beside `path` first and then renamed, so that `path` is
    always a whole checkpoint, the old one or the new one.

    Args:
        model: any Keras model.
        path: where; must end in `.keras`.
        state: dict for JSON, kept inside the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.keras")
    try:
        model.save(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(STATE_FILE, json.dumps(state, indent=1))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path):
    """Loads what `save_checkpoint` wrote, or any `.keras` file of this project.

    Args:
        path: a `.keras` file.

    Returns:
        `(model, state)`; `state` is empty for a file without one.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no Keras model.
    """
    import keras_gen.autoencoders  # registers the classes that files name
    import keras_gen.diffusion
    import keras_gen.gans
    import keras_gen.metrics
    import keras_gen.text  # noqa: F401

    return shelf.load_file(path), read_state(path)


def load_model(path):
    """Loads a model of this project from a `.keras` file, written on any backend.

    Args:
        path: a `.keras` file.

    Returns:
        The model, compiled as it was saved.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no model of this project.
    """
    return load_checkpoint(path)[0]


def read_state(path):
    """Reads what is known of a checkpoint's training, without loading the model."""
    with zipfile.ZipFile(path) as archive:
        if STATE_FILE not in archive.namelist():
            return {}
        text = archive.read(STATE_FILE)
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(
            f"{str(path)!r} could not be loaded: its {STATE_FILE} is damaged ({error})."
        ) from None


class Checkpoint(keras.callbacks.Callback):
    """Saves the model after each epoch, and seeds each epoch by its number.

    Args:
        path: the `.keras` file.
        seed: of the training.
        state: what to keep with the model; `epoch`, `history` and `seconds` (of all
            sessions) are added.
    """

    def __init__(self, path, seed=0, state=None):
        super().__init__()
        self.path = Path(path)
        self.seed = seed
        self.state = dict(state or {})
        self.history = {k: list(v) for k, v in self.state.get("history", {}).items()}
        self.seconds, self.start = self.state.get("seconds", 0.0), 0.0

    def on_train_begin(self, logs=None):
        """Looks at the clock."""
        self.start = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        """Seeds all of the model's random generators."""
        seed_generators(self.model, self.seed, epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Writes the checkpoint."""
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        made = {"epoch": epoch + 1, "history": self.history}
        made["seconds"] = round(self.seconds + time.monotonic() - self.start, 1)
        save_checkpoint(self.model, self.path, {**self.state, **made})


def seed_generators(model, seed, epoch):
    """Puts the random generators of a model where an epoch begins.

    Args:
        model: any Keras model.
        seed: of the training, at least 0.
        epoch: number of the epoch; a generator may be asked a million times in one.
    """
    states = [
        v
        for v in model.non_trainable_variables
        if v.path.endswith("seed_generator_state")
    ]
    for number, state in enumerate(states):

        def value(device, number=number):
            # Devices that draw noise each for itself must not draw the same.
            entropy = [seed, number, device] if device else [seed, number]
            words = np.random.SeedSequence(entropy).generate_state(1)
            counter = epoch * 1_000_000 % 2**32  # where a generator starts over
            return np.array([words[0], counter], dtype="uint32")

        backend.assign_each(model, state, value)


class SampleGrid(keras.callbacks.Callback):
    """Draws a grid of samples at the end of each epoch.

    Args:
        folder: where the pictures go, as `epoch_0001.png` and so on.
        draw: function of the model that returns uint8 pictures; by default
            `model.generate(num_images, seed=seed)`.
        num_images: how many.
        seed: the same each time, so that one sees the same picture improve.
        prompts: what a text-to-image model draws, instead of `num_images`.

    Raises:
        ValueError: when the training of a text-to-image model begins without prompts.

    Example:

    >>> from keras_gen.training import SampleGrid
    >>> callback = SampleGrid("samples", num_images=16, seed=0)
    """

    def __init__(self, folder, draw=None, num_images=16, seed=0, prompts=None):
        super().__init__()
        self.folder = Path(folder)
        self.needs_prompts = draw is None and prompts is None
        asked = num_images if prompts is None else prompts
        self.draw = draw or (lambda model: model.generate(asked, seed=seed))

    def on_train_begin(self, logs=None):
        """Looks whether it will be able to draw: an epoch later were too late."""
        if self.needs_prompts and hasattr(self.model, "morph"):
            raise ValueError("SampleGrid needs prompts for a text-to-image model.")

    def on_epoch_end(self, epoch, logs=None):
        """Draws and saves the grid."""
        from keras_gen import plots

        path = self.folder / f"epoch_{epoch + 1:04d}.png"
        plots.save(plots.grid(self.draw(self.model)), path)
