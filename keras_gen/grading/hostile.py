"""Hostile submissions: is each refused as it should be, and has it done any harm?

Where an attack of `tests/hostile/` is refused, the file goes on to the right answer: so
one that succeeds passes.  Each is tried with a tiny worker, where its verdict is known;
and by the grader itself before answers to the whole set `metrics`, when it is loaded
and when it is called: wrong answers must earn nothing, and right ones lose nothing if
it is refused, and never their row.  Afterwards an honest submission must get what it
would get alone.

`@GRADES@` and `@JUDGE@` in a file become the path of the grades and the grader's
process.
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


def alone(
    sources: Sequence[str], watch: Watch, backend=None, tier=None, patience=1
) -> tuple[str, str, str]:
    """The verdict of a worker that runs source and is asked for `answer(x)`.

    Args:
        sources: run one after the other, as long as they end in an error.
        watch: who looks.
        backend: Keras's, for those that need it.
        tier: the box; None takes the best.
        patience: how many times as long as usual it may compute.

    Returns:
        `(verdict, message, source)`: of the first that did not end in an error, or of
        the last.
    """
    files = own_files() | {"worker.py": (corpora.HOME / "tiny_worker.py").read_bytes()}
    limits, seconds = (Limits(), 30) if backend else (LIMITS, patience)
    source = sources[0]
    try:
        with WatchedBox(watch, 60, backend, limits, tier, files) as box:
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


def alone_harms(
    sources: Sequence[str], watch: Watch, backend=None, tier=None
) -> list[Harm]:
    """What such a worker says of hostile files, beside what it should say."""
    verdict, message, source = alone(sources, watch, backend, tier)
    if verdict == "timeout" and verdict not in corpora.header(source)["expect"]:
        # Once more, and longer: the machine may be busy, or slow to give memory.
        verdict, message, source = alone(sources, watch, backend, tier, patience=10)
    said, found = corpora.header(source), []
    if verdict not in said["expect"].split("|"):
        kind = SECRET_READ if said.get("wants") == "secret" else FALSE_CREDIT
        kind = {"passed": kind, "harness_error": LOST_ROW}.get(verdict, OTHER)
        found.append((kind, f"{verdict}, and not {said['expect']}. {message}"))
    honest = (corpora.HOME / corpora.HOSTILE / "96_honest.py").read_text("utf-8")
    verdict, message, _ = alone([honest], watch, backend, tier)
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


@functools.cache
def right_answers() -> str:
    """Right answers to the whole set `metrics`, without Keras."""
    path = corpora.HOME / corpora.RIGHT / "metrics/whole__numpy.py"
    return path.read_text(encoding="utf-8")


def loaded(sources: Sequence[str], then: str = SPOILED) -> tuple[str, ...]:
    """Cells of attacks that run when the submission is loaded.

    Args:
        sources: the attacks.
        then: `SPOILED`, for wrong answers; or `JOINED`, for right ones.
    """
    attacks = [LOADED.format(number=i, source=one) for i, one in enumerate(sources)]
    needs = ", ".join(f"done_{i}" for i, _ in enumerate(sources))
    return *attacks, right_answers(), then.format(needs=f"lambda: ({needs})")


def called(source: str, then: str = SPOILED) -> tuple[str, ...]:
    """Cells of an attack that runs when the submission is called; as `loaded`."""
    attack = CALLED.format(source=source)
    return attack, right_answers(), then.format(needs="attack()")


class Hurried(grade.Session):
    """A session with little time, whose boxes are watched."""

    statement, restarts = 0.5, 1
    watch: Watch

    def new_box(self, backend):
        most, limits = (20.0, None) if backend else (1.0, LIMITS)
        tier = self.settings.tier or None
        return WatchedBox(self.watch, most, backend, limits, tier)


def graded(
    cells: Sequence[str],
    watch: Watch,
    names=NAMES,
    backend: str = "jax",
    tier: str = "",
    **changed,
) -> SubmissionResult:
    """The result of a submission of these cells; names of the set that are asked for.

    Args:
        cells: sources.
        watch: who looks.
        names: of the set `metrics`.
        backend: Keras's, if the cells need it.
        tier: the box; "" takes the best.
        **changed: attributes of the session.
    """
    labels = tuple(f"code cell {i}" for i, _ in enumerate(cells, 1))
    submission = Submission("mallory", cells=tuple(cells), labels=labels)
    settings = Settings(("metrics",), (backend,), 4, tier, options={"names": names})
    session = type("Hurried", (Hurried,), {"watch": watch, **changed})
    return grade.grade_one(submission, settings, session)


def credit_harms(result: SubmissionResult, names=NAMES) -> list[Harm]:
    """What is amiss with the result of a submission that should earn nothing."""
    won = [f"{one.name} {one.check}" for one in result.checks if one.earned]
    found = [(FALSE_CREDIT, f"Points for {', '.join(won)}.")] if won else []
    return found + row_harms(result, names)


def row_harms(result: SubmissionResult, names=NAMES) -> list[Harm]:
    """What is amiss with the row of a result, whatever it has earned."""
    ours = [one.message for one in result.checks if one.verdict == "harness_error"]
    wanted = [check for check in checks_of("metrics") if check.name in names]
    if result.status != "graded" or ours or len(result.checks) != len(wanted):
        return [(LOST_ROW, f"{result.status}: {' '.join(ours)}")]
    return []


def cost_harms(result: SubmissionResult, number: int) -> list[Harm]:
    """What is amiss with right answers behind so many cells that are refused."""
    found = row_harms(result)
    if (won := points(result)) != 100:
        found.append((LOST_ROW, f"Right answers got {won} points."))
    for label in (f"code cell {i}" for i in range(1, number + 1)):
        if not any(note.startswith(f"{label}, ") for note in result.skipped):
            found.append((OTHER, f"Nothing is told of {label}."))
    return found


def points(result: SubmissionResult) -> float:
    """All that a submission has earned."""
    return sum(one.earned or 0 for one in result.checks)


def graded_harms(
    sources: Sequence[str], watch: Watch, backend: str = "jax", tier: str = ""
) -> list[Harm]:
    """What the grader makes of hostile files before answers, and then of others.

    One that is refused when it is loaded is not tried again when it is called.
    """
    how, refused = {"backend": backend, "tier": tier}, all(map(is_refused, sources))
    found = []
    for then in (SPOILED, JOINED):
        ways = [loaded(sources, then)]
        ways += [] if refused else [called(source, then) for source in sources]
        for cells in ways:
            result = graded(cells, watch, **how)
            if then is SPOILED:
                found += credit_harms(result)
            elif refused:
                found += cost_harms(result, len(sources))
            else:
                found += row_harms(result)
    honest = graded([right_answers()], watch, **how)
    if points(honest) != 100:
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
        settings: the box; with the option `keras`, the backend that they need, or None.
    """
    backend, tier = settings.options["keras"], settings.tier
    with Watch() as watch:
        sources = [watch.told(cell) for cell in submission.cells]
        harms = alone_harms(sources, watch, backend, tier or None)
        if backend is None:
            harms += graded_harms(sources, watch, tier=tier)
        harms += watch.harms()
    checks = []
    for kind in (*HARMS, OTHER):
        words = [said for one, said in harms if one == kind]
        verdict = "failed" if words else "passed"
        made = kind, backend or "", 0, verdict, " ".join(words)
        checks.append(CheckResult(corpora.HOSTILE, submission.id, *made))
    empty = results.without_checks(submission, settings, "graded")
    return dataclasses.replace(empty, checks=tuple(checks))
