"""What XLA has compiled for right answers, kept for those who answer the same.

Compiling is most of a submission's time on JAX. `fill` grades trusted answers once, and
keeps what was compiled in a folder of this user; boxes of submissions then see it,
read-only, and a program that is exactly the same is not compiled again. Nothing of a
submission is ever kept. The folder can't be listed from a box: a program is found only
by its key, which is made of the program itself.

Only where workers are another user (the tier `bwrap-root`), who cannot list it.
"""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

OFF = "GRADING_WITHOUT_COMPILED"  # in the environment: everything is compiled
INSIDE = "/rt/compiled"
NAME = re.compile(r"[\w.-]{1,200}-cache")
LARGEST = 64 << 20  # bytes of a program
PACKAGES = ("jax", "jaxlib", "keras", "numpy")
_filling: list[Path] = []


def folder() -> Path:
    """Where the programs are: for each set of versions another folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    words = [sys.version]
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            words.append(f"{name} {metadata.version(name)}")
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]
    return Path(home, "keras-gen", "compiled", digest)


def mounted() -> tuple[list[str], dict[str, str]]:
    """Options of bubblewrap, and environment, for a box of root; both may be empty."""
    bind, place, write = "--ro-bind", folder(), "1e9"  # seconds: it never tries
    if _filling:
        bind, place, write = "--bind", _filling[-1], "0"
    elif os.environ.get(OFF) or not is_ours(place):
        return [], {}
    values = {
        "JAX_COMPILATION_CACHE_DIR": INSIDE,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": write,
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    return [bind, str(place), INSIDE], values


def is_ours(place: Path) -> bool:
    """Whether a folder is there that nobody else can write to."""
    try:
        found = os.lstat(place)
    except OSError:
        return False
    only_ours = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and only_ours


@contextlib.contextmanager
def _written_to() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="keras-gen-") as place:
        os.chmod(place, 0o777)  # the worker is another user
        _filling.append(Path(place))
        try:
            yield Path(place)
        finally:
            _filling.pop()


def fill(run: Callable[[], object]) -> int:
    """Keeps what is compiled while a function runs.

    Args:
        run: grades answers that are trusted, and nothing else, in this process.

    Returns:
        How many programs are kept now.

    Raises:
        OSError: the folder cannot be written to.
    """
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o711)
    if not is_ours(target):
        raise OSError(f"{target} is not this user's own folder.")
    with _written_to() as place:
        run()
        for entry in os.scandir(place):
            regular = entry.is_file(follow_symlinks=False)
            if not regular or not NAME.fullmatch(entry.name):
                continue
            if entry.stat(follow_symlinks=False).st_size > LARGEST:
                continue
            fresh = target / f".{entry.name}.{os.getpid()}"
            shutil.copyfile(entry.path, fresh, follow_symlinks=False)
            fresh.chmod(0o444)
            fresh.replace(target / entry.name)
    return sum(not path.name.startswith(".") for path in target.iterdir())
