"""What every picture asks of its input, each refusal in one sentence."""

import numpy as np


def check_images(images, name: str = "images", rank: int = 4) -> np.ndarray:
    """Return `images` as a `uint8` array of `rank` axes, or say what is wrong.

    Floats must be in [0, 1], as a decoder's are, and become 0 to 255.
    """
    images = np.asarray(images)
    in_unit_range = (
        images.dtype.kind == "f"
        and images.size
        and np.all((images >= 0) & (images <= 1))
    )
    if in_unit_range:
        images = np.rint(255 * images).astype(np.uint8)
    axes = ("steps", "n", "height", "width", "channels")[5 - rank :]
    if images.dtype != np.uint8:
        raise ValueError(
            f"{name} must be uint8 in [0, 255] or floats in [0, 1]; got "
            f"{images.dtype}{_range_of(images)}."
        )
    if images.ndim != rank or images.shape[-1] not in (1, 3):
        raise ValueError(
            f"{name} must have shape ({', '.join(axes)}) with 1 or 3 channels; "
            f"got {images.shape}."
        )
    if not images.size:
        raise ValueError(f"{name} must hold at least one picture; got {images.shape}.")
    return images


def _range_of(images) -> str:
    if not images.size or images.dtype.kind not in "iuf":
        return ""
    return f" in [{images.min():g}, {images.max():g}]"


def check_texts(texts, count: int, name: str) -> list[str]:
    """Return `texts` as `count` strings, or say what is wrong."""
    if isinstance(texts, str) or len(texts) != count:
        got = repr(texts) if isinstance(texts, str) else len(texts)
        raise ValueError(f"{name} must be {count} texts, one a picture; got {got}.")
    return [str(text) for text in texts]


def check_count(value, name: str, least: int) -> int:
    """Return `value` as a whole number of at least `least`, or say what is wrong."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least}; got {value!r}."
        )
    return int(value)
