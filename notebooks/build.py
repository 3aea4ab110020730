"""Makes the notebooks from their sources: the students', and those with the solutions.

    python notebooks/build.py            (or: make notebooks)

`sources/NN_name.py` is Python with cells (jupytext's percent format). In it

    ### BEGIN SOLUTION
    return -0.5 * ops.sum(per_dimension, axis=-1)
    ### END SOLUTION

stays in `build/solutions/NN_name.ipynb`; in the student's `NN_name.ipynb` there is

    # Your code here (ours has 1 line).
    raise NotImplementedError

or, after a line `### PLACEHOLDER` in the region, the lines that follow it, which are
commented out in the source. A student's notebook runs to its end, so a placeholder that
raises must stand in a function. The title gets the Colab badge, and after the first
cell comes the one that installs the package there.

The same sources give the same bytes. Nothing is run; `execute.py` does that.
"""

import ast
import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

import jupytext

HOME = Path(__file__).resolve().parent
PROJECT = HOME.parent
SOLUTIONS = PROJECT / "build" / "solutions"
BEGIN, PLACEHOLDER, END = "### BEGIN SOLUTION", "### PLACEHOLDER", "### END SOLUTION"
SHORT = 16  # characters; fewer say nothing of how an exercise is solved
HEAD = re.compile(r"(def|class|import|from|super\(\)|@|#)")  # nor do such lines
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{where}/blob/main/notebooks/{name}.ipynb)"
)
INSTALL = """\
# Only on Colab, which does not have the package yet.
import importlib.util

if importlib.util.find_spec("keras_gen") is None:
    %pip install --quiet "keras-gen[all] @ git+{address}"
"""


class SourceError(ValueError):
    """What is wrong with a source, with its file and line."""


def main() -> int:
    """Builds all notebooks, and writes those that have changed."""
    try:
        made = {
            path: content
            for source in sources()
            for path, content in build(source).items()
        }
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    for path, content in made.items():
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"Written: {path.relative_to(PROJECT)}")
    return 0


def sources() -> list[Path]:
    """The sources, in order."""
    return sorted((HOME / "sources").glob("*.py"))


def build(source: Path) -> dict[Path, bytes]:
    """A source's two notebooks, by the paths of their files.

    Raises:
        SourceError: where a region is not closed, or the like.
    """
    lines = source.read_text(encoding="utf-8").splitlines()
    place = f"{source.parent.name}/{source.name}"
    parts = regions(lines, place)
    name = source.with_suffix(".ipynb").name
    return {
        HOME / name: notebook(student(lines, parts, place), source.stem),
        SOLUTIONS / name: notebook(solution(lines, parts), source.stem),
    }


# ----------------------------------------------------------------------- the regions


def regions(lines: list[str], place: str) -> list[tuple[int, int, int]]:
    """Where solutions begin, where their placeholders do, and where they end.

    Args:
        lines: of the source.
        place: name of the source, for what is said of it.

    Returns:
        Indices of lines; of the last two the same where there is no placeholder.
    """
    found, begin, placeholder = [], None, None
    for index, line in enumerate(lines):
        word = line.strip()
        if word == BEGIN:
            if begin is not None:
                raise SourceError(
                    f"{place}, line {index + 1}: a solution begins within the one "
                    f"that began in line {begin + 1}."
                )
            begin = index
        elif word in (PLACEHOLDER, END) and begin is None:
            raise SourceError(f"{place}, line {index + 1}: {word!r} without {BEGIN!r}.")
        elif word == PLACEHOLDER:
            placeholder = index
        elif word == END:
            found.append((begin, placeholder or index, index))
            begin = placeholder = None
        elif begin is not None and line.startswith("# %%"):
            break
        elif word.startswith("###"):
            raise SourceError(
                f"{place}, line {index + 1}: {word!r} is none of {BEGIN!r}, "
                f"{PLACEHOLDER!r} and {END!r}."
            )
    if begin is not None:
        raise SourceError(
            f"{place}, line {begin + 1}: this solution does not end in its cell."
        )
    return found


def solution(lines, parts) -> str:
    """The source with solutions, without their marks and placeholders."""
    kept = list(lines)
    for begin, placeholder, end in parts:
        kept[begin] = None
        kept[placeholder : end + 1] = [None] * (end + 1 - placeholder)
    return "\n".join(line for line in kept if line is not None)


def student(lines, parts, place) -> str:
    """The source with placeholders where the solutions were."""
    kept, numbers, now = [], [], 0
    for begin, placeholder, end in parts:
        standing = in_place_of(lines, begin, placeholder, end, place)
        kept += lines[now:begin] + standing
        numbers += [*range(now, begin), *[begin] * len(standing)]
        now = end + 1
    text = "\n".join(kept + lines[now:])
    numbers += range(now, len(lines))
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        line = numbers[error.lineno - 1] + 1
        raise SourceError(
            f"{place}, line {line}: the student's cell is no Python: {error.msg}."
        ) from None
    for line in raised_outside_of_functions(tree):
        raise SourceError(
            f"{place}, line {numbers[line - 1] + 1}: a solution outside of a function "
            f"needs a {PLACEHOLDER!r}, or the notebook would stop here."
        )
    shown = told_anyway(lines, parts, kept + lines[now:])
    for line in shown:
        raise SourceError(
            f"{place}, line {line + 1}: this line of a solution is also in the "
            "student's notebook."
        )
    return text


def in_place_of(lines, begin, placeholder, end, place) -> list[str]:
    """What a student sees of a region."""
    indent = lines[begin][: -len(lines[begin].lstrip())]
    if placeholder == end:
        count = sum(is_code(line) for line in lines[begin + 1 : end])
        ours = "1 line" if count == 1 else f"{count} lines"
        return [
            f"{indent}# Your code here (ours has {ours}).",
            f"{indent}raise NotImplementedError",
        ]
    standing = []
    for index in range(placeholder + 1, end):
        line = lines[index]
        if line.strip() and not line.startswith(f"{indent}#"):
            raise SourceError(
                f"{place}, line {index + 1}: a placeholder is commented out, so that "
                "the source runs with its solution."
            )
        standing.append(re.sub(f"^{indent}# ?", indent, line))
    return standing


def is_code(line: str) -> bool:
    """Whether a line is more than a comment or nothing."""
    return bool(line.strip()) and not line.strip().startswith("#")


def raised_outside_of_functions(tree: ast.AST) -> list[int]:
    """Lines of `raise NotImplementedError` that run when their cell does."""
    found, nodes = [], [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Raise) and "NotImplemented" in ast.unparse(node):
            found.append(node.lineno)
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return sorted(found)


def told_anyway(lines, parts, shown) -> list[int]:
    """Lines of solutions that the student sees elsewhere, by their index.

    Looked for is the line and, of an exercise, what it computes, its right side; both
    without spaces. What is short says nothing, nor does the head of a function.
    """
    seen = ["".join(line.split()) for line in shown]
    found = []
    for begin, placeholder, end in parts:
        for index in range(begin + 1, placeholder):
            line = lines[index].strip()
            if not HEAD.match(line):
                texts = [line]
                if placeholder == end:
                    texts += re.split(r"^return\s|\s=\s", line, maxsplit=1)[1:]
                words = {"".join(text.split()) for text in texts}
                words = {word for word in words if len(word) >= SHORT}
                if any(word in text for word in words for text in seen):
                    found.append(index)
    return found


# ---------------------------------------------------------------------- the notebook


def notebook(text: str, name: str) -> bytes:
    """A notebook of a percent script: without outputs, the same bytes each time.

    Args:
        text: cells.
        name: of the notebook, without `.ipynb`.
    """
    read = jupytext.reads(text, fmt="py:percent").cells
    cells = [(cell.cell_type, cell.source, tags_of(cell)) for cell in read]
    address = repository()
    where = re.sub(r"^https://github\.com/|\.git$", "", address)
    kind, title, tags = cells[0]
    heading, _, rest = title.partition("\n")
    badge = BADGE.format(where=where, name=name)
    cells[0] = kind, f"{heading}\n\n{badge}\n{rest}".strip(), tags
    cells.insert(1, ("code", INSTALL.format(address=address).strip(), []))
    made, ids = [], set()
    for kind, source, tags in cells:
        cell = {
            "cell_type": kind,
            "id": new_id(name, kind, source, ids),
            "metadata": {"tags": tags} if tags else {},
            "source": source.splitlines(keepends=True),
        }
        made.append(
            cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        )
    whole = {"cells": made, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True)
    return text.encode() + b"\n"


def tags_of(cell) -> list[str]:
    """Tags of a cell, such as `hide-input`; all else that jupytext notes is dropped."""
    return list(cell.metadata.get("tags", []))


def new_id(name: str, kind: str, source: str, taken: set[str]) -> str:
    """A cell's id: made of what it says, so it stays when other cells come or go."""
    number = 0
    while True:
        word = f"{name} {kind} {number} {source}"
        made = hashlib.sha256(word.encode()).hexdigest()[:12]
        if made not in taken:
            taken.add(made)
            return made
        number += 1


def repository() -> str:
    """The address of the repository, from the one place that has it."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["project"]["urls"]["Repository"]


if __name__ == "__main__":
    sys.exit(main())
