"""Pairs of pictures: what `Pix2Pix` learns from, and `CycleGAN` for what is no pair.

The user's own pairs are two folders with files of the same names, or one folder of
pictures that show both side by side, as the data sets of pix2pix do.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_gen.data.decode import check_image_size
from keras_gen.data.flower_pairs import flower_nights, flower_outlines
from keras_gen.data.flowers import flowers
from keras_gen.data.folder import folder
from keras_gen.data.folder_contents import shortened
from keras_gen.data.pictures import Pictures

KINDS = ("sources", "images")
OTHER = 2_000_003  # from one seed to that of flowers which are no partners


@dataclass(frozen=True)
class Pairs:
    """Sources, and what to draw of them; itself read like `Pictures`, as the latter.

    Where there are more of one kind, the other begins anew: for what is no pair.

    Args:
        sources: What a model is given, with `len()` and `batch(indices)`.
        images: What it is to draw, likewise.
        paired: Whether what has the same place belongs together.

    Example:

    >>> pairs = flower_pairs("flower_outlines", 3)
    >>> len(pairs), pairs.batch([0]).shape, pairs.batch_of_sources([0]).shape
    (3, (1, 32, 32, 3), (1, 32, 32, 3))
    """

    sources: object
    images: object
    paired: bool = True

    def __len__(self):
        return max(len(self.sources), len(self.images))

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return what to draw, uint8 `(len(indices), h, w, c)`."""
        return self.images.batch(np.asarray(indices, "int64") % len(self.images))

    def batch_of_sources(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the sources, uint8 `(len(indices), h, w, c)`."""
        return self.sources.batch(np.asarray(indices, "int64") % len(self.sources))

    def split(self, fraction: float = 0.9, seed: int = 0) -> tuple["Pairs", "Pairs"]:
        """Return `(train, validation)`, disjoint; partners stay together.

        Args:
            fraction: Share of the training part.
            seed: Chooses who goes where.

        Raises:
            ValueError: If there are fewer than two of a kind.
        """
        parts = []
        for kind in (self.sources, self.images):
            if len(kind) < 2:
                raise ValueError("There is one picture; a split needs two or more.")
            order = np.random.default_rng(seed).permutation(len(kind))
            num = min(max(round(fraction * len(kind)), 1), len(kind) - 1)
            parts.append([kind.take(np.sort(some)) for some in np.split(order, [num])])
        return tuple(Pairs(*kinds, self.paired) for kinds in zip(*parts, strict=True))


def folder_pairs(
    path: str | os.PathLike, image_size: int | tuple[int, int] = 64, channels: int = 3
) -> Pairs:
    """Return the pairs of a folder; pictures are read as they are needed.

    Args:
        path: A folder with the two sub-folders `sources` and `images`, whose files have
            the same names but for their endings; or a folder of pictures that are twice
            as wide as high, with the source in the left half.
        image_size: Pixels of a side, or `(height, width)`, of one picture.
        channels: 3 (colour) or 1 (grey).

    Returns:
        `Pairs`. A picture that cannot be read is an error, as its partner would belong
        to nothing.

    Raises:
        NotADirectoryError: If `path` is no folder.
        ValueError: If a picture has no partner, or there is none.
    """
    root = Path(path)
    how = {"channels": channels, "captions": "none", "strict": True}
    homes = [root / name for name in KINDS]
    if any(home.is_dir() for home in homes):
        kinds = [folder(home, image_size, **how) for home in homes]
        _check_partners(kinds)
        # In order of their names without endings, which may differ.
        return Pairs(*(kind.take(np.argsort(_names(kind))) for kind in kinds))
    height, width = check_image_size(image_size)
    both = folder(root, (height, 2 * width), **how)
    return Pairs(Half(both, 0, width), Half(both, width, width))


def unpaired_folders(
    path: str | os.PathLike, image_size: int | tuple[int, int] = 64, channels: int = 3
) -> Pairs:
    """Return two kinds of pictures that are no pairs.

    Args:
        path: A folder with the two sub-folders `sources` and `images`.
        image_size: Pixels of a side, or `(height, width)`.
        channels: 3 (colour) or 1 (grey).

    Returns:
        `Pairs` of two folders' pictures, whose numbers may differ.

    Raises:
        NotADirectoryError: If one of the folders is missing.
        ValueError: If there is no picture in one of them.
    """
    kinds = (
        folder(Path(path) / name, image_size, channels, captions="none")
        for name in KINDS
    )
    return Pairs(*kinds, paired=False)


class Half:
    """One half of each picture that shows two, side by side.

    Args:
        both: A `Folder`.
        left: Where it begins, in pixels.
        width: In pixels.
    """

    def __init__(self, both, left: int, width: int):
        self.both, self.left, self.width = both, left, width

    def __len__(self):
        return len(self.both)

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Read the halves at `indices`, uint8 `(len(indices), h, w, c)`."""
        return self.both.batch(indices)[:, :, self.left : self.left + self.width]

    def take(self, indices: Sequence[int] | np.ndarray) -> "Half":
        """Return those at `indices`."""
        return Half(self.both.take(indices), self.left, self.width)


def flower_pairs(
    name: str, num: int, image_size: int = 32, seed: int = 0, paired: bool = True
) -> Pairs:
    """Return drawn flowers, and their outlines or nights, in memory.

    Args:
        name: `"flower_outlines"` or `"flower_nights"`.
        num: Number of pictures of each kind.
        image_size: Height and width in pixels, at least 16.
        seed: 0 or more.
        paired: Whether each source is of the same flower as its image.

    Returns:
        `Pairs` of `Pictures`.

    Example:

    >>> pairs = flower_pairs("flower_outlines", 3)
    >>> bool((pairs.sources.images == flower_outlines(3)).all())
    True
    """
    draw = {"flower_outlines": flower_outlines, "flower_nights": flower_nights}[name]
    sources = draw(num, image_size, seed if paired else seed + OTHER)
    return Pairs(Pictures(sources), flowers(num, image_size, seed), paired)


def _check_partners(kinds):
    stems = [set(_names(kind)) for kind in kinds]
    for kind, own, other in zip(KINDS, stems, reversed(stems), strict=True):
        alone = sorted(own - other)
        if alone:
            raise ValueError(
                f"{len(alone)} of the {len(own)} pictures in {kind} have no partner of "
                f"the same name ({shortened(alone)})."
            )
    for kind, names in zip(kinds, stems, strict=True):
        if len(kind) != len(names):
            raise ValueError(
                f"{kind.root} has several pictures of one name, with other endings: "
                "which one is the partner?"
            )


def _names(kind):
    return [str(Path(name).with_suffix("")) for name in kind.files]
