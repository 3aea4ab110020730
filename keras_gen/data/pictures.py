"""`Pictures`: what every data set of this package returns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pictures:
    """Pictures in memory, with whatever is known about them.

    Args:
        images: uint8 array `(num, height, width, channels)`, values 0 to 255.
        labels: Integer array `(num,)`, or `None`; `class_names[label]` is the name.
        captions: One string a picture, or `None`.
        attributes: Integer array `(num,)` for each attribute name, or `None`.
        class_names: Names of the classes that `labels` counts, or `None`.
        negative_captions: One string a picture, naming what it does *not* show,
            or `None`.

    Example:

    >>> pictures = Pictures(np.zeros((3, 8, 8, 1), "uint8"), labels=np.arange(3))
    >>> len(pictures), pictures.take([2, 0]).labels.tolist()
    (3, [2, 0])
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    captions: list[str] | None = None
    attributes: dict[str, np.ndarray] | None = None
    class_names: tuple[str, ...] | None = None
    negative_captions: list[str] | None = None

    def __post_init__(self):
        if self.images.ndim != 4 or self.images.dtype != np.uint8:
            raise ValueError(
                "images must be a uint8 array (num, height, width, channels); "
                f"got {self.images.dtype} {self.images.shape}."
            )
        fields = {
            "labels": self.labels,
            "captions": self.captions,
            "negative_captions": self.negative_captions,
            **(self.attributes or {}),
        }
        for name, values in fields.items():
            if values is not None and len(values) != len(self.images):
                raise ValueError(
                    f"{name} must have one entry a picture; "
                    f"got {len(values)} for {len(self.images)} pictures."
                )

    def __len__(self):
        return len(self.images)

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the uint8 images at `indices`, `(len(indices), h, w, c)`."""
        return self.images[np.asarray(indices, dtype=np.int64)]

    def take(self, indices: Sequence[int] | np.ndarray) -> "Pictures":
        """Return the pictures at `indices`, with all that is known about them."""
        indices = np.asarray(indices, dtype=np.int64)

        def pick(values):
            if isinstance(values, np.ndarray):
                return values[indices]
            return None if values is None else [values[i] for i in indices]

        return Pictures(
            images=self.batch(indices),
            labels=pick(self.labels),
            captions=pick(self.captions),
            attributes=self.attributes
            and {name: pick(values) for name, values in self.attributes.items()},
            class_names=self.class_names,
            negative_captions=pick(self.negative_captions),
        )
