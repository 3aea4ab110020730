"""Writing pictures so that a file is either the old one or the whole new one."""

import contextlib
import io
import os
import uuid
from pathlib import Path

PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
FIGURE_TYPES = (".png", ".jpg", ".jpeg", ".pdf", ".svg")


def save(picture, path: str | os.PathLike) -> Path:
    """Write a picture, figure or animation; the file's extension chooses the format.

    Missing folders are made. The file appears by renaming, so that a full disk or an
    interruption leaves the old file as it was.

    Args:
        picture: PIL image, matplotlib figure or `Animation`, as `keras_gen.plots`
            returns them.
        path: file to write: `.png`, `.jpg`, `.jpeg`, `.webp` or `.gif` for a picture,
            `.png`, `.jpg`, `.jpeg`, `.pdf` or `.svg` for a figure, `.gif` for an
            animation.

    Returns:
        The path written.

    Raises:
        ValueError: for an extension that this kind of picture cannot have.
        TypeError: for anything that is not a picture.
        OSError: where the file cannot be written.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = tempfile.mkdtemp()
        >>> save(Image.new("L", (4, 4)), folder + "/pictures/black.png").name
        'black.png'
    """
    path = Path(path).expanduser()
    return write_bytes(path, encode(picture, path))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write `content` beside `path`, then rename it into place."""
    # Not `tempfile`: its files are private (0600), and a rename keeps that.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or error
        raise type(error)(f"Cannot write {str(path)!r}: {reason}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return path


def encode(picture, path: Path) -> bytes:
    """The bytes of the file that `save` would write."""
    kind, extensions = _kind(picture)
    extension = path.suffix.lower()
    if extension not in extensions:
        raise ValueError(
            f"path must end in {', '.join(extensions)} for {kind}; got {str(path)!r}."
        )
    if isinstance(picture, bytes):
        return bytes(picture)
    buffer = io.BytesIO()
    file_format = {".jpg": "jpeg"}.get(extension, extension[1:])
    if kind == "a figure":
        picture.savefig(buffer, format=file_format)
    else:
        quality = {"quality": 95} if extension in (".jpg", ".jpeg", ".webp") else {}
        picture.save(buffer, format=file_format, **quality)
    return buffer.getvalue()


def _kind(picture) -> tuple[str, tuple[str, ...]]:
    if isinstance(picture, bytes):
        return "an animation", (".gif",)
    if hasattr(picture, "savefig"):
        return "a figure", FIGURE_TYPES
    if hasattr(picture, "save") and hasattr(picture, "getpixel"):
        return "a picture", PICTURE_TYPES
    raise TypeError(
        "picture must be a PIL image, a matplotlib figure or an Animation; got "
        f"{type(picture).__name__}: make one of an array with `plots.grid(images)`."
    )
