"""What XLA has compiled for right answers, kept for those who answer the same.

Compiling is most of a submission's time on JAX. What the right answers of
`grade --self-test` compile to is kept in a folder of this user; boxes of submissions
then see it, read-only, and a program that is exactly the same is not compiled again.
Nothing of a submission is ever kept. The folder can't be listed from a box: a program
is found only by its key, which is made of the program itself.

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
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

# In the environment, and so in that of the processes that grade:
OFF = "GRADING_WITHOUT_COMPILED"  # everything is compiled
FILLING = "GRADING_COMPILES_INTO"  # the folder of a `filling`
INSIDE = "/rt/compiled"
NAME = re.compile(r"[\w.-]{1,200}-cache")
LARGEST = 64 << 20  # bytes of a program
PACKAGES = ("jax", "jaxlib", "keras", "numpy")


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
    if filled := os.environ.get(FILLING):
        bind, place, write = "--bind", filled, "0"
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
def filling() -> Iterator[Path]:
    """Keeps what is compiled while the block grades answers that are all trusted.

    It may grade them in processes that it starts. Gives the folder.

    Raises:
        OSError: the folder cannot be written to.
    """
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o711)
    if not is_ours(target):
        raise OSError(f"{target} is not this user's own folder.")
    with tempfile.TemporaryDirectory(prefix="keras-gen-") as place:
        os.chmod(place, 0o777)  # the worker is another user
        os.environ[FILLING] = place
        try:
            yield target
        finally:
            del os.environ[FILLING]
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
