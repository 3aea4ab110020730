"""PATHs to submissions: files, folders, zips, and what course systems hand out.

| PATH | submissions |
| --- | --- |
| a `.py` or `.ipynb` file | that one |
| a folder, or a zip of one | one a file, one a folder in it, one a zip in it |
| a zip that `keras-gen submit` has made | that one |
| nbgrader's `submitted`, or the folder above | one a student's assignment |
| any other folder called `submitted`, or above it | as a folder |
| Moodle's and Canvas's downloads | one a student, named by them |

All code of a folder or zip that is one submission is joined in the order of its names.
Bytes are read once, from regular files, and nothing is unpacked to disk.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keras_gen.grading import notebooks, trees
from keras_gen.grading.notebooks import CODE_LIMIT, Rejected
from keras_gen.grading.roster import Student

CODE = (".py", ".ipynb")
FILES = 50  # of code in a submission
ZIP_LIMIT = 64 << 20  # bytes of a student's archive
ONE = "one-submission"  # a file that says so of a zip
MOODLE = re.compile(
    r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)"
)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_.+")


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Args:
        id: the roster's, or a safe and unique name made of the file's.
        name: of the student, as the roster says.
        files: names of the files.
        sha256: of their bytes.
        cells: sources of the code cells; a `.py` file is one.
        labels: what to call each cell.
        problem: why it is rejected, in one sentence; empty where it is not.
    """

    id: str
    name: str = ""
    files: tuple[str, ...] = ()
    sha256: str = ""
    cells: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Intake:
    """All that was handed in.

    Args:
        submissions: sorted by id.
        missing: students of the roster from whom nothing came.
        strangers: ids of submissions that are nobody's on the roster.
        ignored: names of files that are no code, and were left alone.
    """

    submissions: tuple[Submission, ...]
    missing: tuple[Student, ...] = ()
    strangers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass
class _Found:
    """Names of an owner, and the files that are theirs."""

    owner: tuple[str, ...]
    entries: list[str]
    files: dict[str, trees.File]
    problem: str = ""


def collect(
    paths: Sequence[str | Path],
    roster: Sequence[Student] | None = None,
    assignment: str | None = None,
) -> Intake:
    """Read all submissions.

    Args:
        paths: files, folders and zips, as above.
        roster: students; what they hand in is then kept under their ids.
        assignment: which of the assignments of nbgrader's tree, where it has several.

    Returns:
        The submissions, rejected ones among them.

    Raises:
        ValueError: where a path is none of these, where nothing was handed in, or
            where two submissions are one student's.
    """
    found, ignored = [], []
    for path in sorted({Path(path).absolute() for path in paths}):
        more, others = _of_path(path, assignment)
        found += more
        ignored += others
    if not found:
        raise ValueError(
            "There is no .py or .ipynb file and no .zip in what was given."
        )
    made = _named(found, roster)
    given = {submission.id for submission in made}
    known = {student.id for student in roster or ()}
    return Intake(
        submissions=tuple(sorted(made, key=lambda submission: submission.id)),
        missing=tuple(student for student in roster or () if student.id not in given),
        strangers=tuple(sorted(given - known)) if roster else (),
        ignored=tuple(sorted(ignored)),
    )


def safe_name(text: str) -> str:
    """A name that is a file's everywhere, and harmless in a terminal.

    Example:
        >>> safe_name("../Ada Lovelace\\x1b[31m.ipynb")
        'Ada_Lovelace_31m.ipynb'
    """
    text = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isalnum() or c in "._-" else " " for c in text)
    name = "_".join(kept.split()).strip("._-")[:60].rstrip("._-")
    is_device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.I)
    return f"_{name}" if is_device or not name else name


# ----------------------------------------------------------------- who handed in what


def _of_path(path: Path, assignment: str | None):
    node = trees.from_path(path)
    if isinstance(node, trees.File):
        if path.suffix.lower() == ".zip":
            try:
                node = trees.from_zip(path.name, node.read(trees.ARCHIVE_LIMIT))
            except Rejected as error:
                return [_Found((path.stem,), [path.name], {}, str(error))], []
            if ONE in node:
                return [_Found(_owner(path.name), [path.name], _all_code(node))], []
        elif path.suffix.lower() in CODE:
            return [_Found(_owner(path.name), [path.name], {path.name: node})], []
        else:
            raise ValueError(
                f"PATH must be a folder, .py, .ipynb or .zip; got {path.name!r}."
            )
    submitted = node if path.name == "submitted" else node.get("submitted")
    if not isinstance(submitted, dict):
        return _folder(node)
    if _is_nbgrader(submitted):
        return _nbgrader(submitted, assignment)
    return _folder(submitted)


def _is_nbgrader(submitted: trees.Tree) -> bool:
    """Whether no code lies above STUDENT/ASSIGNMENT/; else it is anybody's folder."""
    students = [node for node in submitted.values() if isinstance(node, dict)]
    return not any(
        isinstance(node, trees.File) and name.lower().endswith((*CODE, ".zip"))
        for tree in (submitted, *students)
        for name, node in tree.items()
    )


def _folder(tree: trees.Tree):
    """One submission for each file, folder and zip; those of one owner are one."""
    found, ignored = {}, []
    for name, node in sorted(tree.items()):
        if isinstance(node, trees.File) and not name.lower().endswith((*CODE, ".zip")):
            ignored.append(name)
            continue
        if isinstance(node, dict):
            one = _Found(_owner(name, folder=True), [name], _all_code(node))
        elif name.lower().endswith(".zip"):
            one = _zip(name, node)
        else:
            one = _Found(_owner(name), [name], {name: node})
        known = found.get(one.owner) if len(one.owner) > 1 else None
        if known:  # several files of one student, as Canvas gives them
            known.entries += one.entries
            known.files |= one.files
            known.problem = known.problem or one.problem
        else:
            found[one.owner if len(one.owner) > 1 else (name,)] = one
    return list(found.values()), ignored


def _nbgrader(tree: trees.Tree, assignment: str | None):
    found, all_assignments = [], set()
    for student, node in sorted(tree.items()):
        if not isinstance(node, dict):
            continue
        assignments = {name: n for name, n in node.items() if isinstance(n, dict)}
        all_assignments |= set(assignments)
        for name, files in assignments.items():
            if assignment in (None, name):
                found.append(_Found((student,), [student], _all_code(files)))
    if assignment is None and len(all_assignments) > 1:
        raise ValueError(
            "submitted holds several assignments, so say which one with --assignment: "
            f"{', '.join(map(safe_name, sorted(all_assignments)))}."
        )
    if assignment is not None and not found:
        raise ValueError(f"submitted holds no assignment {assignment!r}.")
    return found, []


def _zip(name: str, file: trees.File) -> _Found:
    owner = _owner(name)
    try:
        tree = trees.from_zip(name, file.read(ZIP_LIMIT))
    except Rejected as error:
        return _Found(owner, [name], {}, str(error))
    return _Found(owner, [name], _all_code(tree))


def _all_code(tree: trees.Tree, prefix: str = "") -> dict[str, trees.File]:
    files = {}
    for name, node in sorted(tree.items()):
        if isinstance(node, dict):
            files |= _all_code(node, f"{prefix}{name}/")
        elif name.lower().endswith(CODE):
            files[prefix + name] = node
    return files


def _owner(name: str, folder: bool = False) -> tuple[str, ...]:
    """Names under which a student may be known: one, or those of a course system."""
    if found := MOODLE.match(name):
        number, person = found["number"], found["name"]
        return f"{person}_{number}", number, person
    if not folder and (found := CANVAS.fullmatch(name)):
        number, person = found["number"], found["name"]
        return f"{person}_{number}", number, person
    return (name if folder else name.rsplit(".", 1)[0],)


# -------------------------------------------------------------------- ids and contents


def _named(found: list[_Found], roster) -> list[Submission]:
    made, taken = [], {}
    reserved = {safe_name(student.id).casefold() for student in roster or ()}
    for one in found:
        student = _student(one, roster or ())
        if student is None:
            id_ = _unique(
                safe_name(one.owner[0]), {*map(str.casefold, taken)} | reserved
            )
        elif student.id in taken:
            entries = sorted([taken[student.id], one.entries[0]])
            raise ValueError(
                f"Two submissions are {student.id}'s: {' and '.join(entries)}."
            )
        else:
            id_ = student.id
        taken[id_] = one.entries[0]
        submission = replace(_read(one), id=id_, name=student.name if student else "")
        made.append(submission)
    return made


def _student(one: _Found, roster: Sequence[Student]) -> Student | None:
    fitting = [student for student in roster if student.fits(one.owner, one.entries)]
    if len(fitting) > 1:
        ids = " and ".join(student.id for student in fitting)
        raise ValueError(f"{one.entries[0]} may be {ids}'s: the roster fits both.")
    return fitting[0] if fitting else None


def _unique(name: str, taken: set[str]) -> str:
    number, unique = 1, name
    while unique.casefold() in taken:
        number += 1
        unique = f"{name}-{number}"
    return unique


def _read(one: _Found) -> Submission:
    """The submission without an id; whatever is wrong with it is its problem."""
    names = tuple(one.files) or tuple(one.entries)
    try:
        if one.problem:
            raise Rejected(one.problem)
        if not one.files:
            raise Rejected(f"{one.entries[0]} holds no .py and no .ipynb file.")
        if len(one.files) > FILES:
            raise Rejected(f"{one.entries[0]} holds more than {FILES} files of code.")
        contents = {
            name: file.read(notebooks.limit_of(name))
            for name, file in one.files.items()
        }
        digest = _digest(contents)
    except Rejected as error:
        return Submission("", files=names, problem=str(error))
    try:
        cells, labels = _cells(contents)
    except Rejected as error:
        return Submission("", files=names, sha256=digest, problem=str(error))
    return Submission("", "", names, digest, tuple(cells), tuple(labels))


def _digest(contents: dict[str, bytes]) -> str:
    if len(contents) == 1:
        return hashlib.sha256(*contents.values()).hexdigest()
    digest = hashlib.sha256()
    for name, content in contents.items():
        own = name.encode("utf-8", "surrogateescape")
        digest.update(f"{len(own)} {len(content)} ".encode() + own + content)
    return digest.hexdigest()


def _cells(contents: dict[str, bytes]):
    cells, labels = [], []
    for name, content in contents.items():
        more = notebooks.cells_of(name, content)
        prefix = f"{safe_name(name)}, " if len(contents) > 1 else ""
        numbered = name.lower().endswith(".ipynb")
        for number, cell in enumerate(more, 1):
            cells.append(cell)
            label = f"code cell {number}" if numbered else ""
            labels.append((prefix + label).removesuffix(", "))
    if sum(map(len, cells)) > CODE_LIMIT:
        raise Rejected(f"It holds more than {CODE_LIMIT >> 20} MiB of code.")
    return cells, labels
