"""Hostile submissions, graded as any other: no credit, no lost row, no harm.

Each attack of `hostile/` runs before wrong answers to the whole set `metrics`, when it
is loaded and when it is called: it must earn nothing, and whatever happens must be a
verdict on the submission. The set needs no Keras, so a worker starts in a tenth of a
second; what needs Keras is in `test_hostile.py`.
"""

import os
import runpy
import time
from pathlib import Path

import pytest

from keras_gen.exercises.registry import checks_of
from keras_gen.grading import box, grade
from keras_gen.grading.intake import Submission
from keras_gen.grading.limits import Limits
from keras_gen.grading.results import Settings

HERE = Path(__file__).parent
boxes = runpy.run_path(str(HERE / "boxes.py"))
RIGHT = (HERE / "right_answers/metrics/whole__numpy.py").read_text(encoding="utf-8")
NAMES = sorted({check.name for check in checks_of("metrics")})
FILES = sorted((HERE / "hostile").glob("[0-9]*.py"))
FILES = [p for p in FILES if "\n# keras:" not in p.read_text(encoding="utf-8")]
REFUSED = [p for p in FILES if "\n# expect: error\n" in p.read_text(encoding="utf-8")]
VIOLENT = sorted({*FILES} - {*REFUSED})
LIMITS = Limits(memory=400 * 2**20, data=300 * 2**20, patience=4)
if boxes["NO_BOX"]:
    pytestmark = pytest.mark.skip(reason="no box here")


def groups(items, size):
    """The items, so many at a time."""
    return [items[i : i + size] for i in range(0, len(items), size)]


# The attack is needed by what is graded: what is not, is not even run.
LOADED = """
def attack_{number}(): exec({source!r}, globals())
done_{number} = attack_{number}()
"""
CALLED = """
done = []
def attack():
    if not done:
        done.append(1)
        exec({source!r}, globals())
"""
# What is right remains so; what is called needs the attack, as what was loaded.
JOINED = """
def joined(function):
    def right(*args, **kwargs):
        {needs}
        return function(*args, **kwargs)
    return right
""" + "".join(f"{name} = joined({name})\n" for name in NAMES)
# Every number is another; and what is called attacks first, if it was not loaded.
SPOILED = """
def spoiled(function):
    def wrong(*args, **kwargs):
        {needs}
        made = function(*args, **kwargs)
        return tuple(3 * x + 7 for x in made) if type(made) is tuple else 3 * made + 7
    return wrong
""" + "".join(f"{name} = spoiled({name})\n" for name in NAMES)


class Brisk(box.Box):
    """A box with little time and memory; its processes and words can be found."""

    marks, printed = [], []

    def __init__(self, backend, tier):
        self.keras = backend
        super().__init__(backend, None if backend else LIMITS, tier)
        self.marks.append(boxes["mark"](self))

    def request(self, header, arrays, seconds):
        most = 1.0 if self.keras is None else 20.0
        return super().request(header, arrays, min(seconds, most))

    def close(self):
        super().close()
        self.printed.append(self.output)


@pytest.fixture(scope="module", autouse=True)
def canary(tmp_path_factory):
    """A file of the grader's, which nobody may change."""
    file = tmp_path_factory.mktemp("grader") / "grades.csv"
    file.write_text("alice,100\n")
    os.environ["GRADING_CANARY"] = str(file)
    yield file
    del os.environ["GRADING_CANARY"]


def graded(*cells, names=NAMES, backend="jax"):
    """The result of a submission of these cells."""
    labels = tuple(f"code cell {i}" for i, _ in enumerate(cells, 1))
    submission = Submission("mallory", cells=tuple(cells), labels=labels)
    options = {"names": names}
    settings = Settings(("metrics",), (backend,), 4, boxes["TIER"], options=options)
    return grade.grade_one(submission, settings)


def earned(result):
    return sum(check.earned or 0 for check in result.checks)


def alive():
    """Processes that run in the boxes of this test, and do not end.

    The kernel gives a box's number to another one's, of a test that runs beside this.
    """
    found, end = {*boxes["alive"](*Brisk.marks)}, time.monotonic() + 60
    while found and time.monotonic() < end:
        time.sleep(0.1)
        found &= {*boxes["alive"](*Brisk.marks)}
    return found


@pytest.fixture
def brisk(monkeypatch, canary):
    """Grades with little time; afterwards no harm has been done."""
    Brisk.marks.clear()
    with monkeypatch.context() as patch:
        patch.setattr(grade, "Box", Brisk)
        patch.setattr(grade, "STATEMENT", 0.5)
        patch.setattr(grade, "RESTARTS", 1)
        yield
    assert Brisk.marks and not alive()
    assert canary.read_text() == "alice,100\n"
    assert list(canary.parent.iterdir()) == [canary]


def check_earns_nothing(result, names=NAMES):
    assert earned(result) == 0
    verdicts = {check.verdict for check in result.checks}
    assert result.status == "graded" and "harness_error" not in verdicts, [
        check.message for check in result.checks
    ]
    wanted = [check for check in checks_of("metrics") if check.name in names]
    assert len(result.checks) == len(wanted)
    return verdicts


def loaded(paths, then=SPOILED):
    """Cells of attacks that run when they are loaded, and wrong answers, or right."""
    sources = enumerate(boxes["hostile"](path) for path in paths)
    attacks = [LOADED.format(number=i, source=source) for i, source in sources]
    needs = ", ".join(f"done_{i}" for i, _ in enumerate(paths))
    return *attacks, RIGHT, then.format(needs=f"lambda: ({needs})")


def test_refused_attacks_cost_a_right_answer_nothing(brisk):
    result = graded(*loaded(REFUSED, JOINED))
    assert (earned(result), result.status) == (100, "graded")
    for number, path in enumerate(REFUSED, 1):  # each was run, and told
        assert any(f"code cell {number}" in note for note in result.skipped), path


# One of each way in which an answer could get lost, or turned into another.
RISKY = "03 05 06 08 09 10 12 48 53 57 62 73 80 84 92 93 94".split()


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.stem[:2] in RISKY], ids=lambda path: path.stem
)
def test_attack_joined_with_right_answers_is_graded(path, brisk):
    """It may cost all points, but no more, and never the row."""
    attack = CALLED.format(source=boxes["hostile"](path))
    for cells in (
        loaded([path], JOINED),
        (attack, RIGHT, JOINED.format(needs="attack()")),
    ):
        result = graded(*cells)
        assert result.status == "graded" and 0 <= earned(result) <= 100
        assert len(result.checks) == len(checks_of("metrics"))


@pytest.mark.parametrize("paths", groups(REFUSED, 6), ids=lambda paths: paths[0].stem)
def test_refused_attacks_earn_nothing(paths, brisk):
    check_earns_nothing(graded(*loaded(paths)))


@pytest.mark.parametrize("path", VIOLENT, ids=lambda path: path.stem)
def test_attack_that_is_loaded_earns_nothing(path, brisk):
    check_earns_nothing(graded(*loaded([path])))


@pytest.mark.parametrize("path", VIOLENT, ids=lambda path: path.stem)
def test_attack_that_is_called_earns_nothing(path, brisk):
    attack = CALLED.format(source=boxes["hostile"](path))
    check_earns_nothing(graded(attack, RIGHT, SPOILED.format(needs="attack()")))


# What honest code returns by mistake, and what other code returns on purpose.
EVIL = """
import numpy as np
class Evil(np.ndarray):
    def __array__(self, *a, **k): raise KeyError("array")
    def __len__(self): return -1
    def __eq__(self, other): return True
    def __array_ufunc__(self, *a, **k): return True
class EvilList(list):
    def __iter__(self): return iter(int, 1)
    def __len__(self): return 2**70
class EvilText(str):
    def __getitem__(self, key): return object()
class EvilInt(int):
    def __abs__(self): return 0
    def __repr__(self): return '"passed"'
class EvilDict(dict):
    def items(self): return [(1, 2), "ab", (3,)]
class Liar:
    @property
    def __class__(self): raise RuntimeError("class")
class Other:
    __class__ = np.ndarray
class Fault(BaseException):
    def __str__(self): raise Fault
class Meta(type):
    @property
    def __name__(self): raise Fault
class Nameless(BaseException, metaclass=Meta): pass
def nested(depth):
    made = []
    for _ in range(depth): made = [made]
    return made
def raising(fault): raise fault
loop = []; loop.append(loop)
"""
RETURNED = """
None; ""; "x" * 10**7; b"abc"; object; ...; print; 1j; nested(5); nested(10**5); loop
10**5000; -2**53; 2**63; float("nan"); float("-inf"); True; [1, [2, 3]]; {}; {1: 2}
{"array": "0"}; {"kept": 0}; [None] * 3; np.array(["a"]); np.array([None, 1])
np.zeros(3, "datetime64[s]"); np.zeros(2, "i4,f4"); np.zeros(2, "complex64")
np.zeros(0); np.zeros((1,) * 20); np.zeros(2**25); np.full((2, 2), np.nan)
np.ma.masked; np.ma.zeros(2); np.matrix("1 2"); np.float16(1); np.longdouble(1)
np.zeros(2, ">f8"); np.zeros(2).view(Evil); EvilList([1]); EvilText("x"); EvilInt(2**60)
EvilDict(a=1); Liar(); Other(); (x for x in "ab"); memoryview(b"x"); "\ud800"
[0.0] * 10**5; [np.zeros(2)] * 300; raising(Fault()); raising(Nameless())
raising(SystemExit(0)); raising(KeyboardInterrupt()); raising(GeneratorExit())
raising(RecursionError("x" * 10**6)); raising(MemoryError()); __import__("os")._exit(0)
"""
RETURNED = [
    one.strip() for one in RETURNED.replace("\n", ";").split(";") if one.strip()
]


def test_strange_answers_earn_nothing(brisk, monkeypatch):
    """Each of the checks of psnr gets its own, one after the other."""
    monkeypatch.setattr(grade, "RESTARTS", len(RETURNED))
    calls = len([check for check in checks_of("metrics") if check.name == "psnr"])
    for group in groups(RETURNED, calls):
        lines = "".join(f"    if n == {i}: return {x}\n" for i, x in enumerate(group))
        source = (
            "numbers = iter(range(99))\ndef psnr(*a, **k):\n    n = next(numbers)\n"
        )
        result = graded(EVIL, source + lines + "    return None\n", names=["psnr"])
        check_earns_nothing(result, ["psnr"])


def test_controls(canary):
    result = graded(RIGHT)
    assert earned(result) == 100 and result.status == "graded"
    assert check_earns_nothing(graded(RIGHT, SPOILED.format(needs=""))) == {"failed"}
