"""Hostile submissions: is each refused as it should be, and has it done any harm?

Where an attack of `tests/hostile/` is refused, the file goes on to the right answer: so
one that succeeds passes.  Each is tried in three ways: with a tiny worker, where its
verdict is known; and before wrong answers to the whole set `metrics`, when it is loaded
and when it is called, by the grader itself, where it must earn nothing.  Afterwards an
honest submission must get what it would get alone.
"""

import dataclasses
import functools
from collections.abc import Iterable, Sequence

import numpy as np

from keras_gen.exercises.registry import checks_of
from keras_gen.grading import corpora, grade, results
from keras_gen.grading.box import Died, own_files
from keras_gen.grading.intake import Submission
from keras_gen.grading.limits import Limits
from keras_gen.grading.results import CheckResult, Settings, SubmissionResult
from keras_gen.grading.watch import (
    FALSE_CREDIT,
    HARMS,
    LOST_ROW,
    SECRET_READ,
    Harm,
    Watch,
    WatchedBox,
)

OTHER = "other verdict"  # than the file says: no harm, but not understood
LIMITS = Limits(memory=400 * 2**20, data=300 * 2**20, patience=4)


# ------------------------------------------------------------------ by a tiny worker


def alone(sources: Sequence[str], watch: Watch, backend=None) -> tuple[str, str, str]:
    """The verdict of a worker that runs source and is asked for `answer(x)`.

    Args:
        sources: run one after the other, as long as they end in an error.
        watch: who looks.
        backend: Keras's, for those that need it.

    Returns:
        `(verdict, message, source)`: of the first that did not end in an error, or of
        the last.
    """
    files = own_files() | {"worker.py": (corpora.HOME / "tiny_worker.py").read_bytes()}
    limits, seconds = (Limits(), 30) if backend else (LIMITS, 1)
    source = sources[0]
    try:
        with WatchedBox(watch, 60, backend, limits, files) as box:
            box.request({"op": "lock"}, {}, 10)
            for source in sources:
                said, _ = box.request({"op": "run", "source": source}, {}, seconds)
                if "error" not in said:
                    break
            if "error" not in said:
                x = np.random.default_rng().normal(size=(2, 3))
                said, arrays = box.request({"op": "call"}, {"x": x}, seconds)
            if "error" in said:
                return "error", said["error"], source
            y = arrays.get("y", np.zeros(0))
            right = y.shape == x.shape and y.dtype == x.dtype
            right = right and bool(np.abs(y - (2 * x + 1)).max() < 1e-9)
            return "passed" if right else "failed", "", source
    except Died as death:
        return death.verdict, death.message, source


def alone_harms(sources: Sequence[str], watch: Watch, backend=None) -> list[Harm]:
    """What such a worker says of hostile files, beside what it should say."""
    verdict, message, source = alone(sources, watch, backend)
    said, found = corpora.header(source), []
    if verdict not in said["expect"].split("|"):
        kind = SECRET_READ if said.get("wants") == "secret" else FALSE_CREDIT
        kind = {"passed": kind, "harness_error": LOST_ROW}.get(verdict, OTHER)
        found.append((kind, f"{verdict}, and not {said['expect']}. {message}"))
    honest = (corpora.HOME / corpora.HOSTILE / "96_honest.py").read_text("utf-8")
    verdict, message, _ = alone([honest], watch, backend)
    if verdict != "passed":
        found.append((LOST_ROW, f"The next one: {verdict}. {message}"))
    return found


# ---------------------------------------------------------------- by the real grader

NAMES = sorted({check.name for check in checks_of("metrics")})
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
# Every number is another; and what is called attacks first, if it was not loaded.
SPOILED = """
def spoiled(function):
    def wrong(*args, **kwargs):
        {needs}
        made = function(*args, **kwargs)
        return tuple(3 * x + 7 for x in made) if type(made) is tuple else 3 * made + 7
    return wrong
""" + "".join(f"{name} = spoiled({name})\n" for name in NAMES)


@functools.cache
def right_answers() -> str:
    """Right answers to the whole set `metrics`, without Keras."""
    path = corpora.HOME / corpora.RIGHT / "metrics/whole__numpy.py"
    return path.read_text(encoding="utf-8")


def loaded(sources: Sequence[str]) -> tuple[str, ...]:
    """Cells of attacks that run when the submission is loaded."""
    attacks = [LOADED.format(number=i, source=one) for i, one in enumerate(sources)]
    needs = ", ".join(f"done_{i}" for i, _ in enumerate(sources))
    return *attacks, right_answers(), SPOILED.format(needs=f"lambda: ({needs})")


def called(source: str) -> tuple[str, ...]:
    """Cells of an attack that runs when the submission is called."""
    attack = CALLED.format(source=source)
    return attack, right_answers(), SPOILED.format(needs="attack()")


class Hurried(grade.Session):
    """A session with little time, whose boxes are watched."""

    statement, restarts = 0.5, 1
    watch: Watch

    def new_box(self, backend):
        return WatchedBox(self.watch, 1.0, backend, LIMITS)


def graded(cells: Sequence[str], watch: Watch, names=NAMES, **changed):
    """The result of a submission of these cells; names of the set that are asked for.

    Args:
        cells: sources.
        watch: who looks.
        names: of the set `metrics`.
        **changed: attributes of the session.
    """
    labels = tuple(f"code cell {i}" for i, _ in enumerate(cells, 1))
    submission = Submission("mallory", cells=tuple(cells), labels=labels)
    settings = Settings(("metrics",), ("jax",), 4, options={"names": names})
    session = type("Hurried", (Hurried,), {"watch": watch, **changed})
    return grade.grade_one(submission, settings, session)


def credit_harms(result: SubmissionResult, names=NAMES) -> list[Harm]:
    """What is amiss with the result of a submission that should earn nothing."""
    found = []
    won = [f"{one.name} {one.check}" for one in result.checks if one.earned]
    if won:
        found.append((FALSE_CREDIT, f"Points for {', '.join(won)}."))
    ours = [one.message for one in result.checks if one.verdict == "harness_error"]
    wanted = [check for check in checks_of("metrics") if check.name in names]
    if result.status != "graded" or ours or len(result.checks) != len(wanted):
        found.append((LOST_ROW, f"{result.status}: {' '.join(ours)}"))
    return found


def graded_harms(sources: Sequence[str], watch: Watch) -> list[Harm]:
    """What the grader makes of hostile files before wrong answers, and then of others.

    One that is refused when it is loaded is not tried again when it is called.
    """
    ways = [loaded(sources)]
    if not all(map(is_refused, sources)):
        ways += map(called, sources)
    found = [harm for cells in ways for harm in credit_harms(graded(cells, watch))]
    honest = graded([right_answers()], watch)
    if sum(one.earned or 0 for one in honest.checks) != 100:
        found.append((LOST_ROW, f"The next one was {honest.status}, without credit."))
    return found


# ------------------------------------------------------------------------ the corpus


def is_refused(source: str) -> bool:
    """Whether a file is one that ends in an error, and in nothing worse."""
    return corpora.header(source)["expect"] == "error"


def needing(backend: str | None, files: Iterable[Submission]) -> list[Submission]:
    """The hostile files that need Keras on a backend; None gives those that need none.

    All of the latter are tried without Keras, so that a worker starts in a tenth of a
    second.
    """
    if backend is None:
        return [one for one in files if "keras" not in corpora.header(one.cells[0])]
    return [one for one in files if corpora.needs_keras(one.cells[0], backend)]


def trial(submission: Submission, settings: Settings) -> SubmissionResult:
    """Tries hostile files: a check for each harm, which passes if it was not done.

    Args:
        submission: its cells are the files.
        settings: with the option `keras`, the backend that they need; or None.
    """
    backend, harms = settings.options["keras"], []
    with Watch() as watch:
        harms += alone_harms(submission.cells, watch, backend)
        if backend is None:
            harms += graded_harms(submission.cells, watch)
        harms += watch.harms()
    checks = []
    for kind in (*HARMS, OTHER):
        words = [said for one, said in harms if one == kind]
        verdict = "failed" if words else "passed"
        made = kind, backend or "", 0, verdict, " ".join(words)
        checks.append(CheckResult(corpora.HOSTILE, submission.id, *made))
    empty = results.without_checks(submission, settings, "graded")
    return dataclasses.replace(empty, checks=tuple(checks))
