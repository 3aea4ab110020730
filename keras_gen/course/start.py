"""`keras-gen start`: a folder with the notebooks, to work in.

Needs no network: digits, drawn flowers and trained models come with the package.
"""

import hashlib
import importlib.metadata
import json
from pathlib import Path

from keras_gen.plots.files import write_bytes

NOTEBOOKS = "share/keras-gen/notebooks"  # in the environment, by the wheel
RECORD = ".keras-gen.json"  # what was copied, to know what has been changed since
README = """\
# Image generation: your notebooks

    jupyter lab

Begin with the notebook of the lowest number. In each exercise you predict, write, check
and see; what you leave open is replaced by the library's own, so you can go on and come
back later. Nothing is downloaded: pictures and trained models came with the package.

Hand in with

    keras-gen submit .

which packs your notebooks and says what is still missing. After an update of the
package `keras-gen start .` brings new notebooks, and leaves alone those that you have
changed.
"""


def find() -> dict[str, bytes]:
    """The student's notebooks, by the names of their files.

    Their links to the lectures, `../lectures/`, lead to the project's repository, since
    a student's folder has none.

    Raises:
        FileNotFoundError: where the installation has none.
    """
    project = Path(__file__).resolve().parents[2]
    if (project / "pyproject.toml").is_file():  # the repository itself
        paths = (project / "notebooks").glob("*.ipynb")
    else:
        files = importlib.metadata.files("keras-gen") or ()
        paths = [file.locate() for file in files if NOTEBOOKS in file.as_posix()]
    beside, there = b"](../", f"]({repository()}/".encode()
    found = {p.name: p.read_bytes().replace(beside, there) for p in sorted(paths)}
    if not found:
        raise FileNotFoundError(
            "This installation of keras-gen has no notebooks: install it again by "
            "pip, from its repository or its wheel."
        )
    return found


def repository() -> str:
    """Where the project's files can be read, as the installation says; or `..`."""
    try:
        urls = importlib.metadata.metadata("keras-gen").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        urls = []
    pairs = dict(url.split(", ", 1) for url in urls)
    return f"{pairs['Repository']}/blob/main" if "Repository" in pairs else ".."


def run(folder: Path) -> int:
    """Makes the folder, or brings what is new to it; prints what it did.

    Args:
        folder: may exist; a file that was changed in it stays as it is.

    Returns:
        The exit code: 0.

    Raises:
        ValueError: if it is a file.
        OSError: where it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; start wants a folder.")
    files = {"README.md": README.encode(), **find()}
    record = _record(folder)
    new, kept = [], []
    for name, content in files.items():
        path = folder / name
        there = path.read_bytes() if path.is_file() else None
        if there not in (None, content) and record.get(name) != _digest(there):
            kept.append(name)
            continue
        if there != content:
            write_bytes(path, content)
            new.append(name)
        record[name] = _digest(content)
    write_bytes(folder / RECORD, json.dumps(record, indent=1).encode() + b"\n")
    print(_told(folder, new, kept))
    return 0


def _record(folder: Path) -> dict[str, str]:
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _told(folder, new, kept) -> str:
    lines = [f"{folder}: {len(new)} files are new." if new else f"{folder}: no news."]
    if kept:
        lines.append(
            f"You have changed {', '.join(kept)}, so {_they(kept)} left as you have "
            "it; to get ours again, rename yours and repeat this."
        )
    if new:
        lines.append(f"Next: jupyter lab {folder}")
    return "\n".join(lines)


def _they(names) -> str:
    return "it was" if len(names) == 1 else "they were"
