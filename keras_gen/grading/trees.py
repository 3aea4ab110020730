"""Folders and zip archives as one kind of tree; links, tricks and bombs are refused.

A tree is a dictionary from name to `File` or tree.  Nothing is unpacked to disk.
"""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from keras_gen.grading.notebooks import Rejected

MEMBERS = 20_000  # files in all
DEPTH = 12  # folders within folders
ARCHIVE_LIMIT = 2 << 30  # bytes of a zip as a whole, and of what it unpacks to
RATIO = 300  # of a compressed file; notebooks full of zeros reach 200
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
BROKEN_ZIP += (ValueError, NotImplementedError, UnicodeError)
IGNORED = {"__pycache__", "__MACOSX", "node_modules"}


@dataclass(frozen=True)
class File:
    """A file that may be read.

    Args:
        read: returns its bytes, of which there may be so many; raises `Rejected`.
    """

    read: Callable[[int], bytes]


Tree = dict[str, "File | Tree"]


def is_hidden(name: str) -> bool:
    """Tells what no student has handed in: `.ipynb_checkpoints`, `__MACOSX`."""
    return name.startswith(".") or name in IGNORED


def from_path(path: Path) -> "File | Tree":
    """Look at a file or a folder.

    Raises:
        ValueError: where there are too many files, or none of this name.
    """
    if path.is_dir():
        return _folder(path, [MEMBERS], DEPTH)
    if not path.exists() and not path.is_symlink():
        raise ValueError(f"There is no file or folder {str(path)!r}.")
    return File(lambda limit: _read(path, limit))


def _folder(path: Path, left: list[int], depth: int) -> Tree:
    tree = {}
    with os.scandir(path) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if is_hidden(entry.name):
            continue
        left[0] -= 1
        if left[0] < 0 or depth == 0:
            raise ValueError(f"{str(path)!r} holds too many files or folders.")
        if entry.is_dir(follow_symlinks=False):
            tree[entry.name] = _folder(Path(entry.path), left, depth - 1)
        else:
            tree[entry.name] = File(
                lambda limit, path=Path(entry.path): _read(path, limit)
            )
    return tree


def _read(path: Path, limit: int) -> bytes:
    """The bytes of a regular file; never those behind a link, nor of a device."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        if path.is_symlink():
            raise Rejected(f"{path.name} is a link, and not a file.")
        number = os.open(path, flags)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise Rejected(f"{path.name} cannot be read: {reason}.") from None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise Rejected(f"{path.name} is no regular file.")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Rejected(f"{path.name} is larger than {limit >> 20} MiB.")
    return content


def from_zip(name: str, content: bytes) -> Tree:
    """Look into a zip archive in memory.

    Args:
        name: of the archive, for messages.
        content: its bytes.

    Returns:
        The tree. A single folder that holds all the rest is left out.

    Raises:
        Rejected: where it is no archive, or one that nobody makes in good faith.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except BROKEN_ZIP:
        raise Rejected(f"{name} is no zip archive, or a broken one.") from None
    if len(members) > MEMBERS or sum(m.file_size for m in members) > ARCHIVE_LIMIT:
        raise Rejected(f"{name} unpacks to too many files, or too large ones.")
    tree = {}
    for member in members:
        parts = _parts(name, member.filename)
        if any(is_hidden(part) for part in parts) or not parts:
            continue
        if member.is_dir():
            _place(name, tree, parts, None)
        else:
            _place(name, tree, parts, _member(name, archive, member))
    if len(tree) == 1 and "submitted" not in tree:
        (inner,) = tree.values()
        tree = inner if isinstance(inner, dict) else tree
    return tree


def _parts(archive: str, name: str) -> tuple[str, ...]:
    path = PurePosixPath(name.replace("\\", "/"))
    is_drive = len(name) > 1 and name[1] == ":"
    if path.is_absolute() or is_drive or ".." in path.parts or "\0" in name:
        raise Rejected(f"{archive} holds a file that is to lie outside of it.")
    if len(path.parts) > DEPTH:
        raise Rejected(f"{archive} holds too many folders within folders.")
    return path.parts


def _place(archive: str, tree: Tree, parts: tuple[str, ...], file: File | None):
    for part in parts[:-1]:
        tree = tree.setdefault(part, {})
        if isinstance(tree, File):
            raise Rejected(f"{archive} holds {part} as a file and as a folder.")
    if file is None:
        if isinstance(tree.setdefault(parts[-1], {}), File):
            raise Rejected(f"{archive} holds {parts[-1]} as a file and as a folder.")
    elif parts[-1] in tree:
        raise Rejected(f"{archive} holds {parts[-1]} twice.")
    else:
        tree[parts[-1]] = file


def _member(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> File:
    kind = stat.S_IFMT(member.external_attr >> 16)
    own = PurePosixPath(member.filename.replace("\\", "/")).name

    def read(limit: int) -> bytes:
        if kind and kind != stat.S_IFREG:
            raise Rejected(f"{own} in {name} is a link, and not a file.")
        if member.flag_bits & 1:
            raise Rejected(f"{own} in {name} is encrypted.")
        if member.file_size > limit:
            raise Rejected(f"{own} in {name} is larger than {limit >> 20} MiB.")
        if member.file_size > RATIO * max(member.compress_size, 4096):
            raise Rejected(f"{own} in {name} is compressed beyond belief.")
        try:
            with archive.open(member) as file:
                content = file.read(limit + 1)
        except BROKEN_ZIP:
            raise Rejected(f"{own} in {name} cannot be unpacked.") from None
        if len(content) > limit:
            raise Rejected(f"{own} in {name} is larger than {limit >> 20} MiB.")
        return content

    return File(read)
