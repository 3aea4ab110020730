"""Submissions that attack: each gets its verdict, and harms nobody.

A file of `hostile/` begins with its number in the catalogue, what it tries, and which
verdicts are right. Where an attack is refused, the file goes on to the right answer: so
an attack that succeeds passes, and its test fails.

`@GRADES@` and `@JUDGE@` in it become the path of the grades and the grader's process.
Numbers beyond the catalogue's 96 are our own.

Here a tiny worker answers; `test_hostile_grades.py` has all of them graded by the real
grader, and `test_monsters.py` has every answer replaced by what no honest worker says.
They run in the best box that works; the cheap ones in Landlock's too, and all of them
by GRADING_TIER=landlock, or by `benchmarks/hostile.py`.
Elsewhere, because they need more than a box:

| number | who covers them |
| --- | --- |
| 25-29, 85, 91 | `test_hostile_files.py`: links, archives, magics; gradients |
| 49, 64, 82 | `test_box.py`: seconds of the processor, the first filter, a deaf peer |
| 76 | `test_wire.py`: what no frame can carry, nothing loads |
| 86, 90 | misconceptions of the sets with models: weights, losses that are not used |
| 87-89 | nobody yet: of training and sampling, which no check asks for so far |
"""

import os
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from keras_gen.grading import tiers
from keras_gen.grading.box import Box, Died, own_files
from keras_gen.grading.limits import Limits
from keras_gen.grading.printed import printable

HERE = Path(__file__).parent
boxes = runpy.run_path(str(HERE / "boxes.py"))
mark, alive, TIER = boxes["mark"], boxes["alive"], boxes["TIER"]
FILES = sorted((HERE / "hostile").glob("[0-9]*.py"))
LIMITS = Limits(memory=400 * 2**20, data=300 * 2**20, patience=4)
HONEST = HERE / "hostile" / "96_honest.py"
if boxes["NO_BOX"]:
    pytestmark = pytest.mark.skip(reason="no box here")


def header(path: Path, key: str) -> str | None:
    """What a file's first lines say."""
    found = re.search(rf"^# {key}: (.*)$", path.read_text(), re.MULTILINE)
    return found[1] if found else None


def grade(*paths: Path, backend=None, tier=TIER) -> tuple[str, str, str | None]:
    """The verdict on a submission, what is said of it, and the mark of its processes.

    Of several that should end in an error, the first that does not, or the last.
    """
    worker = (HERE / "tiny_worker.py").read_bytes()
    limits = Limits() if backend else LIMITS
    files = own_files() | {"worker.py": worker}
    rng = np.random.default_rng()
    marked = None
    with Box(backend, limits, tier=tier, files=files) as box:
        try:
            marked = mark(box)
            box.request({"op": "lock"}, {}, 10)
            seconds = 30 if backend else 1
            for path in paths:
                source = boxes["hostile"](path)
                said, _ = box.request({"op": "run", "source": source}, {}, seconds)
                if "error" not in said:
                    break
            if "error" in said:
                return "error", said["error"], marked
            x = rng.normal(size=(2, 3))
            said, arrays = box.request({"op": "call"}, {"x": x}, seconds)
            if "error" in said:
                return "error", said["error"], marked
            y = arrays.get("y", np.zeros(0))
            right = y.shape == x.shape and y.dtype == x.dtype
            right = right and bool(np.abs(y - (2 * x + 1)).max() < 1e-9)
            return "passed" if right else "failed", path.stem, marked
        except Died as death:
            return death.verdict, f"{path.stem}: {death.message}", marked


@pytest.fixture(scope="module", autouse=True)
def canary(tmp_path_factory):
    """A file of the grader's, which nobody may change."""
    file = tmp_path_factory.mktemp("grader") / "grades.csv"
    file.write_text("alice,100\n")
    os.environ["GRADING_CANARY"] = str(file)
    yield file
    del os.environ["GRADING_CANARY"]


def check_harmless(paths, canary, backend=None, tier=TIER):
    """Grades hostile files, and an honest one after them."""
    verdict, message, marked = grade(*paths, backend=backend, tier=tier)
    for path in paths:
        assert verdict in header(path, "expect").split("|"), f"{path.stem}: {message}"
    assert marked and alive(marked) == []
    assert canary.read_text() == "alice,100\n"
    assert list(canary.parent.iterdir()) == [canary]
    assert printable(message).replace("\n", "").replace("\t", "").isprintable()
    assert grade(HONEST, tier=tier)[0] == "passed"


@pytest.mark.parametrize(
    "path", [p for p in FILES if not header(p, "keras")], ids=lambda path: path.stem
)
def test_hostile_submission(path, canary):
    check_harmless([path], canary)


def refused(backend=None) -> list[Path]:
    """The files that end in an error; those with Keras, or those without."""
    wanted = ("any", backend) if backend else (None,)
    return [
        path
        for path in FILES
        if header(path, "keras") in wanted and header(path, "expect") == "error"
    ]


def test_hostile_submissions_with_keras(canary, backend):
    """One box for all that are to be refused, because Keras takes seconds to start."""
    paths = [p for p in FILES if header(p, "keras") in ("any", backend)]
    assert refused(backend)
    check_harmless(refused(backend), canary, backend)
    for path in set(paths) - set(refused(backend)):
        check_harmless([path], canary, backend)


def test_attacks_are_refused_by_landlock_too(canary):
    """One box for all that should end in an error."""
    if reason := tiers.why_not("landlock"):
        pytest.skip(reason)  # test_box_as_user.py runs it where nothing prevents it
    assert len(refused()) > 30
    check_harmless(refused(), canary, tier="landlock")
