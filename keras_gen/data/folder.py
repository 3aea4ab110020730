"""`folder`: your own pictures, read from the disk as they are needed."""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_gen.data.decode import check_image_size, decode
from keras_gen.data.folder_contents import (
    EXTENSIONS,
    find_files,
    find_labels,
    read_captions,
    shortened,
)


def folder(
    path: str | os.PathLike,
    image_size: int | tuple[int, int] = 64,
    channels: int = 3,
    captions: str = "auto",
    strict: bool = False,
) -> "Folder":
    """Return the pictures of a folder and its sub-folders, in sorted order.

    Only names and captions are kept in memory, so the folder may be larger than it.
    Any size and mode will do: a picture is turned upright, cropped to the middle
    and resized. Hidden files and all other files are ignored.

    Captions come from a `metadata.csv` or `metadata.jsonl` with the columns
    `file_name` and `text` (or `caption`), as in Hugging Face's image folders, or
    from a file `NAME.txt` beside `NAME.jpg`. Labels are the names of the
    sub-folders, if every picture is in one and there are at least two.

    Args:
        path: The folder.
        image_size: Pixels of a side, or `(height, width)`.
        channels: 3 (colour) or 1 (grey).
        captions: `"auto"`: those that are there, `""` for a picture without one;
            `"required"`: every picture must have one; `"none"`: do not look.
        strict: Whether a broken picture is an error; otherwise it is reported once
            and another one stands in for it.

    Returns:
        A `Folder`.

    Raises:
        NotADirectoryError: If `path` is no folder.
        ValueError: If there is no picture in it, or something is wrong with the
            captions or with an argument.

    Example:

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as home:
    ...     Image.new("RGB", (90, 60), "red").save(f"{home}/red.png")
    ...     pictures = folder(home, image_size=32)
    ...     pictures.files, pictures.batch([0]).shape
    (['red.png'], (1, 32, 32, 3))
    """
    root = Path(path)
    image_size = _check_arguments(root, image_size, channels, captions)
    files, others = find_files(root)
    if not files:
        raise ValueError(
            f"There is no picture in {root}: expected files ending in "
            f"{' '.join(EXTENSIONS)}."
        )
    texts = None if captions == "none" else read_captions(root, files, others)
    if captions == "required":
        _require_captions(root, files, texts)
    labels, class_names = find_labels(files)
    return Folder(root, files, image_size, channels, texts, labels, class_names, strict)


class Folder:
    """Pictures on the disk; made by `folder`, read like `Pictures`.

    A picture that cannot be read is replaced by the next one that can, in sorted
    order, so that every batch keeps its shape: a batch of another size would make
    JAX and TensorFlow compile the training step anew. `resolve` says which pictures
    really came.

    Its attributes are `files` (names relative to `root`), `captions` (a list of
    strings, or `None`), `labels` (an integer array, or `None`), `class_names`, and
    `skipped`: the names of the pictures that could not be read so far.
    """

    negative_captions = None  # as `Pictures` have; no folder format knows them

    def __init__(
        self,
        root: Path,
        files: Sequence[str],
        image_size: tuple[int, int],
        channels: int,
        captions: list[str] | None = None,
        labels: np.ndarray | None = None,
        class_names: tuple[str, ...] | None = None,
        strict: bool = False,
    ):
        self.root, self.files = root, list(files)
        self.image_size, self.channels = image_size, channels
        self.captions, self.labels = captions, labels
        self.class_names, self.strict = class_names, strict
        self.skipped: list[str] = []
        self._stand_ins: dict[int, int] = {}

    def __len__(self):
        return len(self.files)

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Read the pictures at `indices`, uint8 `(len(indices), h, w, c)`."""
        indices = self.resolve(indices)
        if len(indices) == 0:
            return np.zeros((0, *self.image_size, self.channels), "uint8")
        with ThreadPoolExecutor(min(len(indices), os.cpu_count() or 1)) as pool:
            images = list(pool.map(self._read, indices.tolist()))
        for place, index in enumerate(indices.tolist()):
            if isinstance(images[place], ValueError):
                images[place] = self._replace(index, images[place])
        return np.stack(images)

    def resolve(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return `indices` with each broken picture's stand-in in its place.

        Ask after `batch`, to take the captions and labels of what was really read.
        """
        indices = np.array(indices, dtype=np.int64)
        for place, index in enumerate(indices.tolist()):
            while index in self._stand_ins:
                index = self._stand_ins[index]
            indices[place] = index
        return indices

    def take(self, indices: Sequence[int] | np.ndarray) -> "Folder":
        """Return the pictures at `indices` as a `Folder` of their own."""
        indices = np.asarray(indices, dtype=np.int64)
        return Folder(
            self.root,
            [self.files[i] for i in indices],
            self.image_size,
            self.channels,
            self.captions and [self.captions[i] for i in indices],
            None if self.labels is None else self.labels[indices],
            self.class_names,
            self.strict,
        )

    def split(self, fraction: float = 0.9, seed: int = 0) -> tuple["Folder", "Folder"]:
        """Return `(train, validation)`, disjoint, each in sorted order.

        Args:
            fraction: Share of the training part, between 0 and 1; each part gets at
                least one picture.
            seed: Chooses who goes where.

        Raises:
            ValueError: If there are fewer than two pictures, or on a bad `fraction`.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"fraction must be between 0 and 1, got {fraction!r}.")
        if len(self) < 2:
            raise ValueError(f"{self.root} has one picture; a split needs two or more.")
        order = np.random.default_rng(seed).permutation(len(self))
        num = min(max(round(fraction * len(self)), 1), len(self) - 1)
        return self.take(np.sort(order[:num])), self.take(np.sort(order[num:]))

    def check(self) -> str:
        """Read every picture once and return `summary()`.

        Before a long training with `strict=True`: TensorFlow reads batches in a thread
        and buries the sentence about a broken picture in an error of its own.
        """
        for start in range(0, len(self), 64):
            self.batch(range(start, min(start + 64, len(self))))
        return self.summary()

    def summary(self) -> str:
        """Return one sentence: how many pictures had to be skipped so far."""
        if not self.skipped:
            return f"None of the {len(self)} pictures in {self.root} was skipped."
        return (
            f"Skipped {len(self.skipped)} of {len(self)} pictures in {self.root}, "
            f"because they cannot be read: {shortened(self.skipped)}."
        )

    def _read(self, index):
        try:
            return decode(self.root / self.files[index], self.image_size, self.channels)
        except ValueError as error:
            return error

    def _replace(self, index, error):
        """Report the broken picture at `index` and return its stand-in."""
        self._report(index, error)
        for step in range(1, len(self)):
            other = (index + step) % len(self)
            image = self._read(other)
            if not isinstance(image, ValueError):
                self._stand_ins[index] = other
                return image
            self._report(other, image)
        raise ValueError(
            f"None of the {len(self)} pictures in {self.root} can be read; "
            f"{self.files[index]}: {error}."
        )

    def _report(self, index, error):
        name = self.files[index]
        if self.strict:
            raise ValueError(f"{self.root / name} cannot be read: {error}.")
        if name not in self.skipped:
            self.skipped.append(name)
            warnings.warn(
                f"Skipped {self.root / name}: {error}; the next picture stands in.",
                stacklevel=2,
            )


def _check_arguments(root, image_size, channels, captions):
    size = check_image_size(image_size)
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grey) or 3 (colour), got {channels!r}.")
    if captions not in ("auto", "required", "none"):
        raise ValueError(
            f'captions must be "auto", "required" or "none", got {captions!r}.'
        )
    if not root.is_dir():
        came = "it is a file" if root.exists() else "it does not exist"
        raise NotADirectoryError(f"{root} must be a folder of pictures, but {came}.")
    return size


def _require_captions(root, files, captions):
    captions = captions or [""] * len(files)
    missing = [f for f, text in zip(files, captions, strict=True) if not text]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(files)} pictures in {root} have no caption "
            f"({shortened(missing)}): write metadata.csv with the columns file_name "
            "and text, or NAME.txt beside each picture."
        )
