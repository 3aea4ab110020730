"""Submissions that attack: each gets its verdict, earns nothing, and harms nobody.

A file of `hostile/` begins with its number in the catalogue, what it tries, and which
verdicts are right; numbers beyond the catalogue's 96 are our own.
`keras_gen.grading.hostile` tries them, here as in the self-test; `test_monsters.py` has
every answer replaced by what no honest worker says. They run in the best box that
works; those that are to be refused in Landlock's too, and all of them by
GRADING_TIER=landlock, or by `benchmarks/hostile.py`.
Elsewhere, because they need more than a box:

| number | who covers them |
| --- | --- |
| 25-29 | `test_hostile_files.py`: links, archives, magics |
| 85, 87, 89, 91 | there too: gradients, smuggled and stored images, one backend |
| 49, 64, 82 | `test_box.py`: seconds of the processor, the first filter, a deaf peer |
| 76 | `test_wire.py`: what no frame can carry, nothing loads |
| 86, 90 | misconceptions of the sets with models: weights, losses that are not used |
| 88 | nobody: a discriminator's step that moves the generator; no exercise has one |
"""

import dataclasses
import os
import runpy
from pathlib import Path

import keras
import pytest

from keras_gen.exercises.registry import checks_of
from keras_gen.grading import corpora, hostile, tiers, watch
from keras_gen.grading.results import Settings

boxes = runpy.run_path(str(Path(__file__).with_name("boxes.py")))
TIER = boxes["TIER"]
FILES = corpora.hostile()
TOGETHER = 8  # files that are to be refused, in one submission
without_keras = pytest.mark.skipif(
    keras.backend.backend() == "jax",
    reason="no Keras in these boxes: tried in the run on TensorFlow",
)
if boxes["NO_BOX"]:
    pytestmark = pytest.mark.skip(reason="no box here")


def together(files, most=TOGETHER):
    """Submissions of these files; those that are to be refused share some, as cells."""
    refused = [one for one in files if hostile.is_refused(one.cells[0])]
    made = [one for one in files if one not in refused]
    for first in range(0, len(refused), most):
        group = refused[first : first + most]
        cells = tuple(one.cells[0] for one in group)
        made.append(dataclasses.replace(group[0], cells=cells))
    return made


def harms(submission, backend=None, tier=TIER):
    settings = Settings((), (), tier=tier, options={"keras": backend})
    result = hostile.trial(submission, settings)
    assert [check.check for check in result.checks] == [*watch.HARMS, hostile.OTHER]
    return {one.check: one.message for one in result.checks if one.verdict != "passed"}


@without_keras
@pytest.mark.parametrize(
    "submission", together(hostile.needing(None, FILES)), ids=lambda one: one.id
)
def test_hostile_submission(submission):
    assert harms(submission) == {}


def test_hostile_submissions_with_keras(backend):
    """One box for all that are to be refused, because Keras takes seconds to start."""
    files = together(hostile.needing(backend, FILES))
    assert len(files) >= 2
    for submission in files:
        assert harms(submission, backend) == {}


@without_keras
def test_attacks_are_refused_by_landlock_too():
    """One submission of all that are to be refused."""
    if reason := tiers.why_not("landlock"):
        pytest.skip(reason)  # test_box_as_user.py runs it where nothing prevents it
    files = hostile.needing(None, FILES)
    refused = [one for one in files if hostile.is_refused(one.cells[0])]
    assert len(refused) > 30
    (submission,) = together(refused, len(refused))
    assert harms(submission, tier="landlock") == {}


# What is no attack, or one that succeeds, is told.
HONEST = "def answer(x):\n    return 2 * x + 1\n"


@without_keras
@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        (f"# expect: error\n# wants: secret\n{HONEST}", {watch.SECRET_READ}),
        (f"# expect: error\n{HONEST}", {watch.FALSE_CREDIT}),
        (f"# expect: died\nraise OSError\n{HONEST}", set()),
    ],
)
def test_an_attack_that_succeeds_is_told(source, kinds):
    submission = dataclasses.replace(FILES[0], cells=(source,))
    assert set(harms(submission)) == kinds | {hostile.OTHER}


@without_keras
@pytest.mark.parametrize("tier", [TIER, "none"])  # the last has no namespaces
def test_harm_is_seen(tier):
    with watch.Watch(patience=0.2) as seen:
        assert [kind for kind, _ in seen.harms()] == [watch.LOST_ROW]  # no box at all
        with watch.WatchedBox(seen, 1.0, None, hostile.LIMITS, tier):
            seen.heard(f"it is {os.environ[watch.CANARY]}")
            seen.grades.write_text("mallory,100\n")
            found = {kind for kind, _ in seen.harms()}
        assert found == {watch.FALSE_CREDIT, watch.SECRET_READ, watch.SURVIVOR}
        assert watch.SURVIVOR not in dict(seen.harms())


def test_credit_is_seen():
    with watch.Watch() as seen:
        right = hostile.graded([hostile.right_answers()], seen, tier=TIER)
        ((kind, _),) = hostile.credit_harms(right)
        assert kind == watch.FALSE_CREDIT
        spoiled = hostile.graded(hostile.loaded([]), seen, tier=TIER)
        assert hostile.credit_harms(spoiled) == []
        assert {check.verdict for check in spoiled.checks} == {"failed"}
        fewer = dataclasses.replace(spoiled, checks=spoiled.checks[1:])
        ((kind, _),) = hostile.credit_harms(fewer)
        assert kind == watch.LOST_ROW
        assert hostile.cost_harms(right, 0) == []
        assert {kind for kind, _ in hostile.cost_harms(spoiled, 1)} == {
            watch.LOST_ROW,
            hostile.OTHER,
        }


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


def test_strange_answers_earn_nothing():
    """Each of the checks of psnr gets its own, one after the other."""
    calls = len([check for check in checks_of("metrics") if check.name == "psnr"])
    with watch.Watch() as seen:
        for first in range(0, len(RETURNED), calls):
            group = RETURNED[first : first + calls]
            lines = "".join(
                f"    if n == {i}: return {x}\n" for i, x in enumerate(group)
            )
            source = "numbers = iter(range(99))\ndef psnr(*a, **k):\n"
            source += "    n = next(numbers)\n" + lines + "    return None\n"
            how = {"names": ["psnr"], "tier": TIER, "restarts": len(RETURNED)}
            result = hostile.graded([EVIL, source], seen, **how)
            assert hostile.credit_harms(result, ["psnr"]) == [], group
        assert seen.harms() == []
