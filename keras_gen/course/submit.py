"""`keras-gen submit`: packs what a student hands in, and says what is missing.

Nothing is run: as the grader does, it reads which names the code defines. A definition
that still raises `NotImplementedError` is open.
"""

import ast
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from keras_gen.arguments import SETS
from keras_gen.exercises.registry import checks_of
from keras_gen.grading import choice, intake, statements
from keras_gen.plots.files import write_bytes

INCOMPLETE = 3  # exit code
EPOCH = (1980, 1, 1, 0, 0, 0)  # so the same files give the same zip
OPEN = "NotImplementedError"  # what a notebook's placeholder raises


def run(path: Path, out: Path | None = None, sets: Sequence[str] = (), name: str = ""):
    """Packs a notebook, or the notebooks and `.py` files of a folder, into a zip.

    Args:
        path: file or folder.
        out: zip to write; by default `NAME.zip` in the current folder.
        sets: which are handed in; by default those of which something is written.
        name: of the student, as on the teacher's roster; by default the path's.

    Returns:
        The exit code: 0 if all of these sets is written, 3 if something is missing.

    Raises:
        ValueError: where there is nothing to hand in, or what is no notebook.
        OSError: where a file cannot be read or written.
    """
    files = _files(path)
    name = intake.safe_name(name or path.resolve().stem)
    out = out or Path(f"{name}.zip")
    if out.suffix.lower() != ".zip":
        raise ValueError(f"--out must end in .zip; got {str(out)!r}.")
    packed = _zipped(files)
    found = _definitions(packed)
    defined = [s for s in SETS if any(n in found for n in _names(s))]
    begun = [s for s in SETS if any(found.get(n) == "" for n in _names(s))]
    if not defined:
        raise ValueError(f"{path} defines none of the exercises' names.")
    write_bytes(out, packed)
    print(f"{out} holds {', '.join(files)}. This file is to be handed in.")
    complete = [_tell(s, found) for s in SETS if s in (sets or begun or defined)]
    print("Whether it is right, keras_gen.check says in the notebook.")
    return 0 if all(complete) else INCOMPLETE


def _names(set: str) -> list[str]:
    return list(dict.fromkeys(check.defined for check in checks_of(set)))


def _files(path: Path) -> dict[str, bytes]:
    """What is handed in, in the order in which the grader joins it."""
    if not path.exists():
        raise ValueError(f"There is no {path}.")
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    paths = [
        p
        for p in paths
        if p.is_file()
        and not p.name.startswith(".")
        and p.name.lower().endswith(intake.CODE)
    ]
    if not paths:
        raise ValueError(f"{path} is no notebook or .py file, and holds none.")
    return {p.name: p.read_bytes() for p in paths}


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, intake.ONE: b""}.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return buffer.getvalue()


# --------------------------------------------------------------- what it defines


def _definitions(packed: bytes) -> dict[str, str]:
    """What the grader will find of each name: "" where it is written, or its fault."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_bytes(Path(folder, "submission.zip"), packed)
        (submission,) = intake.collect([path]).submissions
    if submission.problem:
        raise ValueError(submission.problem)
    found, used = {}, {}
    for cell, label in zip(submission.cells, submission.labels, strict=True):
        body, lost, _ = statements.parse(cell)
        for piece in lost:
            for name in piece.names:
                where = f"{label}, line {piece.line}".removeprefix(", ")
                found.setdefault(name, f"{piece.reason} ({where})")
        for node in body:
            kept, _ = choice.choose(node)
            for name in choice.binds(kept) if kept is not None else ():
                found[name] = _fault(node)
                used[name] = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    for name, names in used.items():
        open_ones = sorted(n for n in names - {name} if n in found and found[n])
        if not found[name] and open_ones:
            found[name] = f"it needs {', '.join(open_ones)}"
    return found


def _fault(node: ast.stmt) -> str:
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras_gen"):
        return "it is ours, which the grader does not have"
    methods = [m for m in getattr(node, "body", ()) if isinstance(m, ast.FunctionDef)]
    methods = methods if isinstance(node, ast.ClassDef) else []
    still = [method.name for method in methods if any(_raises(method))]
    if still:
        return f"{', '.join(still)} not written yet"
    return "not written yet" if any(_raises(node)) else ""


def _raises(node: ast.AST) -> Iterator[bool]:
    for part in ast.walk(node):
        if isinstance(part, ast.Raise) and part.exc is not None:
            yield OPEN in ast.unparse(part.exc)


def _tell(set: str, found: dict[str, str]) -> bool:
    """Prints a set's names, and tells whether all are written."""
    names = _names(set)
    faults = {name: found.get(name, "missing") for name in names}
    faults = {name: fault for name, fault in faults.items() if fault}
    print(f"{set}: {len(names) - len(faults)} of {len(names)} are written.")
    for name, fault in faults.items():
        print(f"  {name}: {fault}")
    return not faults
