"""The answers whose grades are known: right ones, mistakes, and hostile files.

All lie in the project's `tests/`, so a clone is needed.  What a file is begins it:

    # misconception: Sampler
    # slug: exp_log_var
    # what: …

    # 24 other_students: reads ../alice/model.py
    # expect: error             its verdict, or several with | between them
    # wants: secret             if it reads; else it wants credit, or does harm
    # keras: jax                if it needs Keras: on this backend, or on "any"
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from keras_gen.grading import intake
from keras_gen.grading.intake import Submission

HOME = Path(__file__).resolve().parents[2] / "tests"
RIGHT, WRONG, HOSTILE = "right_answers", "misconceptions", "hostile"
WHOLE = "whole"


def corpus(
    folder: str, sets: Sequence[str], home: Path | None = None
) -> list[Submission]:
    """The files of a corpus as submissions, whose id is `set/NAME__style`.

    Args:
        folder: `RIGHT` or `WRONG`.
        sets: which sets.
        home: where the folder is; None is `HOME`.

    Raises:
        ValueError: if it is not there.
    """
    return [one for set in sets for one in _files(home, f"{folder}/{set}", set)]


def hostile(home: Path | None = None) -> list[Submission]:
    """The hostile files as submissions, whose id is `hostile/NUMBER_name`.

    Raises:
        ValueError: if they are not there.
    """
    return _files(home, HOSTILE, HOSTILE)


def _files(home, folder, prefix):
    paths = sorted(((home or HOME) / folder).glob("*_*.py"))
    if not paths:
        raise ValueError(
            f"The self-test needs the project's own tests/{folder}: run it in a clone "
            "of the project."
        )
    found = []
    for path in paths:
        (one,) = intake.collect([path]).submissions
        found.append(dataclasses.replace(one, id=f"{prefix}/{path.stem}"))
    return found


def header(source: str) -> dict[str, str]:
    """What the first lines of a file say of it: `# word: text`, on after 3 spaces.

    Example:

    >>> header("# slug: twenty\\n# told: one\\n#   two\\n\\nimport keras")
    {'slug': 'twenty', 'told': 'one two'}
    """
    found, last = {}, None
    for line in source.splitlines():
        begun = re.fullmatch(r"# (\w[\w ]*): (\S.*)", line)
        if begun:
            last, found[begun[1]] = begun[1], begun[2].strip()
        elif last and line.startswith("#   "):
            found[last] += " " + line[4:].strip()
        else:
            break
    return found


def hints(source: str) -> set[str]:
    """The short names under which a mistake may be told."""
    said = header(source)
    return {said["slug"], *said.get("told as", "").split()}


def goes_wrong(source: str, backend: str) -> bool:
    """Whether a mistake is one on this backend; most are on all."""
    return backend in header(source).get("backends", backend)


def needs_keras(source: str, backend: str) -> bool:
    """Whether a hostile file is one for this backend of Keras; most need no Keras."""
    return header(source).get("keras") in ("any", backend)
