"""From one picture file, of any size and kind, to one uint8 array."""

import numbers

import numpy as np


def decode(file, image_size: tuple[int, int], channels: int) -> np.ndarray:
    """Read a picture, turned upright, cropped to the middle and resized.

    Transparent pictures are laid on white; of an animation the first frame is
    taken. More than 8 bits become 8: whole numbers are read as 16-bit, floats as
    `[0, 1]` or, if any is above 1, as `[0, 255]`.

    Args:
        file: Path or open binary file.
        image_size: `(height, width)` in pixels.
        channels: 1 (grey) or 3 (red, green, blue).

    Returns:
        uint8 array `(height, width, channels)`.

    Raises:
        ValueError: If it cannot be read; the message is the reason, in a few words.
    """
    from PIL import Image, ImageOps

    height, width = image_size
    try:
        with Image.open(file) as image:
            # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size: photographs load
            # several times faster, and twice the target is left for the resampler.
            image.draft(None, (2 * max(image_size),) * 2)
            upright = ImageOps.exif_transpose(image)
            plain = _opaque(upright).convert("L" if channels == 1 else "RGB")
            fitted = ImageOps.fit(plain, (width, height), Image.Resampling.LANCZOS)
    # Pillow answers broken files with OSError, SyntaxError, struct.error, ...
    except Exception as error:
        raise ValueError(_reason(error)) from None
    return np.asarray(fitted).reshape(height, width, channels)


def check_image_size(image_size: int | tuple[int, int]) -> tuple[int, int]:
    """Return `(height, width)`, or say in one sentence what is wrong.

    Example:

    >>> check_image_size(64)
    (64, 64)
    """
    pair = isinstance(image_size, tuple | list)
    size = tuple(image_size) if pair else (image_size, image_size)
    if len(size) != 2 or not all(
        isinstance(n, numbers.Integral) and n > 0 for n in size
    ):
        raise ValueError(
            "image_size must be a positive integer or (height, width), "
            f"got {image_size!r}."
        )
    return tuple(map(int, size))


def _opaque(image):
    """Return the picture with 8 bits a channel and without transparency."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(np.asarray(image)))
    if not image.has_transparency_data:
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA"))


def _eight_bits(values):
    if values.dtype.kind == "f":
        scale = 255 if values.max() <= 1 else 1
    else:
        scale = 255 / 65535
    return np.clip(np.rint(values * scale), 0, 255).astype("uint8")


def _reason(error):
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is not a picture, or damaged at its beginning"
    if isinstance(error, Image.DecompressionBombError):
        limit = 2 * Image.MAX_IMAGE_PIXELS // 10**6
        return f"it claims more than {limit} million pixels (a decompression bomb?)"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__
