"""What lies in a folder of pictures: files, labels and captions."""

import csv
import io
import json
import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

EXTENSIONS = tuple(".jpg .jpeg .png .webp .bmp .gif .tif .tiff".split())
METADATA = ("metadata.csv", "metadata.jsonl")
CAPTION_COLUMNS = ("text", "caption")


def find_files(root: Path) -> tuple[list[str], list[str]]:
    """Return the sorted names of all pictures and of all other files."""
    pictures, others = [], []
    for home, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                file = (Path(home) / name).relative_to(root).as_posix()
                found = pictures if name.lower().endswith(EXTENSIONS) else others
                found.append(file)
    return sorted(pictures), sorted(others)


def find_labels(
    files: Sequence[str],
) -> tuple[np.ndarray | None, tuple[str, ...] | None]:
    """Return `(labels, class_names)` from the names of the sub-folders, if any."""
    homes = [file.split("/")[0] if "/" in file else None for file in files]
    if None in homes or len(set(homes)) < 2:
        return None, None
    names, labels = np.unique(homes, return_inverse=True)
    return labels.astype("int64"), tuple(names.tolist())


def read_captions(root: Path, pictures: Sequence[str], others: Sequence[str]):
    """Return one caption a picture (`""` where there is none), or `None`.

    Args:
        root: The folder.
        pictures: Names of the pictures, relative to `root`, with `/`.
        others: Names of all other files, likewise.

    Returns:
        A list of strings, or `None` if no picture has a caption.

    Raises:
        ValueError: If a caption file is malformed or names a missing picture.
    """
    captions = _from_metadata(root, set(pictures), others)
    texts = {name for name in others if name.endswith(".txt")}
    for name in pictures:
        text = posixpath.splitext(name)[0] + ".txt"
        if not captions.get(name) and text in texts:
            captions[name] = _text(root / text)
    captions = [" ".join(captions.get(name, "").split()) for name in pictures]
    return captions if any(captions) else None


def _from_metadata(root, pictures, others):
    captions, homes = {}, set()
    for file in others:
        home, name = posixpath.split(file)
        if name not in METADATA:
            continue
        if home in homes:
            raise ValueError(
                f"{root / home} has both metadata.csv and metadata.jsonl: keep one."
            )
        homes.add(home)
        captions.update(_one_file(root / file, home, pictures))
    return captions


def _one_file(path, home, pictures):
    captions, missing = {}, []
    read = _csv_rows if path.suffix == ".csv" else _json_rows
    for line, row in read(path):
        name, caption = _name_and_caption(path, line, row)
        name = posixpath.normpath(posixpath.join(home, name.replace("\\", "/")))
        if name in captions:
            raise ValueError(f"{path}, line {line}: {name} has a caption already.")
        if name not in pictures:
            missing.append(name)
        captions[name] = caption
    if missing:
        raise ValueError(
            f"{path} names {shortened(missing)}, but no such picture is there."
        )
    return captions


def _name_and_caption(path, line, row):
    column = next((name for name in CAPTION_COLUMNS if name in row), None)
    if "file_name" not in row or column is None:
        came = ", ".join(str(name) for name in row) or "none"
        raise ValueError(
            f"{path}, line {line}: expected the columns file_name and text "
            f"(or caption), got {came}."
        )
    name, caption = row["file_name"], row[column]
    if not (isinstance(name, str) and name and isinstance(caption, str | None)):
        raise ValueError(
            f"{path}, line {line}: file_name and {column} must be text, "
            f"got {name!r} and {caption!r}."
        )
    return name, caption or ""


def _csv_rows(path) -> Iterator[tuple[int, dict]]:
    reader = csv.DictReader(io.StringIO(_text(path)), strict=True)
    try:
        if "file_name" not in (reader.fieldnames or ()):
            _name_and_caption(path, 1, dict.fromkeys(reader.fieldnames or ()))
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(
                    f"{path}, line {reader.line_num}: expected "
                    f"{len(reader.fieldnames)} columns as in the first line, got "
                    f"{'more' if None in row else 'fewer'} (a text with a comma "
                    'must stand in "quotes").'
                )
            yield reader.line_num, row
    except csv.Error as error:
        # The number of the last good row: the bad one begins in the next line.
        line = reader.line_num + 1
        raise ValueError(f"{path}, line {line}: this is not CSV ({error}).") from None


def _json_rows(path) -> Iterator[tuple[int, dict]]:
    # Not splitlines(): it would also split at a U+2028 inside a caption.
    for line, text in enumerate(_text(path).split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"{path}, line {line}: this is not JSON ({error.msg})."
            ) from None
        if not isinstance(row, dict):
            raise ValueError(
                f"{path}, line {line}: expected an object "
                f'{{"file_name": ..., "text": ...}}, got {text.strip()[:40]}.'
            )
        yield line, row


def _text(path):
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} must be UTF-8 text; save it as such.") from None


def shortened(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names and the number of the rest, for a message.

    Example:

    >>> shortened(["a.png", "b.png", "c.png", "d.png"])
    'a.png, b.png, c.png and 1 more'
    """
    shown = ", ".join(names[:most])
    rest = len(names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown
