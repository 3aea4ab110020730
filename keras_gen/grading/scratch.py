"""A worker's folder on the machine's own disk, for boxes that mount nothing.

While the worker lives it is looked at, and when it has ended it is removed. What lies
there is never followed, opened or trusted.
"""

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder, which is removed with all that it then holds.

    Example:

    >>> with folder() as place:
    ...     (place / "a" / "b").mkdir(parents=True)
    >>> place.exists()
    False
    """
    place = Path(tempfile.mkdtemp(prefix="keras-gen-"))
    try:
        yield place
    finally:
        remove(place)


def used(place: Path, most: int) -> tuple[int, int]:
    """How many files and folders there are, and the bytes that they take.

    Args:
        place: a folder whose owner may change it meanwhile.
        most: more than these are not counted.

    Raises:
        OSError: a folder cannot be looked into.

    Example:

    >>> with folder() as place:
    ...     (place / "a").mkdir()
    ...     used(place, most=9)[0]
    1
    """
    count, size, todo = 0, 0, [place]
    while todo and count <= most:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            with os.scandir(todo.pop()) as entries:
                for entry in itertools.islice(entries, most + 1):
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    with contextlib.suppress(FileNotFoundError):
                        size += 512 * entry.stat(follow_symlinks=False).st_blocks
    return count, size


def remove(place: Path) -> None:
    """Removes a folder, also one deeper than a path may be long.

    Nobody may be using it: each folder in it is first moved to one at its top.
    """
    top = tempfile.mkdtemp(dir=place)
    todo, number = [str(place)], 0
    while todo:
        here = todo.pop()
        for entry in list(os.scandir(here)):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif entry.path != top and not _removed(entry.path):
                number += 1
                todo.append(f"{top}/{number}")
                os.chmod(entry.path, 0o700)
                os.rename(entry.path, todo[-1])
        if here != str(place):
            os.rmdir(here)
    os.rmdir(top)
    os.rmdir(place)


def _removed(folder: str) -> bool:
    """Removes a folder if it is empty."""
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True
