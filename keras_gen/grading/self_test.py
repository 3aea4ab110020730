"""`keras-gen grade --self-test`: does the grader grade as it should, on this machine?

Right answers in other styles must get full marks, known mistakes must be caught and
told what they are, and hostile files must do no harm.  All of them lie in the project's
`tests/`, so a clone is needed; they are graded as any submission is, in this machine's
box.  What the right answers compile to on JAX is kept, and quickens later grades.
"""

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext

from keras_gen.grading import (
    compiled,
    corpora,
    grade,
    hostile,
    pool,
    results,
    watch,
)
from keras_gen.grading.cohort import Crashed
from keras_gen.grading.intake import Submission
from keras_gen.grading.printed import printable
from keras_gen.grading.results import Settings, SubmissionResult


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        what: what was graded.
        backend: where.
        files: how many.
        right: how many came out as they should.
        wrong: `(file, what came)` of the others.
        least: share that must be right.
    """

    what: str
    backend: str
    files: int
    right: int
    wrong: tuple = ()
    least: float = 1.0

    @property
    def good(self) -> bool:
        """Whether enough of them are right."""
        return self.files > 0 and self.right >= self.least * self.files

    def __str__(self):
        mark = "ok" if self.good else "NOT"
        return (
            f"{self.what:<34}{self.backend:<12}{self.right:>5} of {self.files:<5}{mark}"
        )


def grade_known(submission: Submission, settings: Settings) -> SubmissionResult:
    """Grades a file of a corpus by the checks of its name; a whole one by all."""
    set, _, stem = submission.id.partition("/")
    name = stem.partition("__")[0]
    options = {} if name == corpora.WHOLE else {"names": (name,)}
    of_it = dataclasses.replace(settings, sets=(set,), options=options)
    return grade.grade_one(submission, of_it)


def run(settings: Settings, jobs: int, tell: Callable = print) -> bool:
    """Grades the corpora, and prints a table.

    Args:
        settings: which sets and backends, and the seed.
        jobs: how many at a time.
        tell: called with each line.

    Returns:
        Whether everything came out as it should.
    """
    lines = []
    for folder, judge in ((corpora.RIGHT, _full), (corpora.WRONG, _caught)):
        files = corpora.corpus(folder, settings.sets)
        sources = {one.id: one.cells[0] for one in files}
        with _keeping(settings) if folder is corpora.RIGHT else nullcontext():
            found = graded(files, settings, jobs, grade_known)
        for backend in settings.backends:
            lines += judge(found, backend, sources)
    harms = dict.fromkeys(watch.HARMS, 0)
    for backend in (None, *settings.backends):
        files = hostile.needing(backend, corpora.hostile())
        asked = dataclasses.replace(settings, options={"keras": backend})
        found = graded(files, asked, jobs, hostile.trial)
        lines.append(_harmless(found, backend or "any", harms))
    tell(f"Box {settings.tier}, seed {settings.seed}.")
    for line in lines:
        tell(str(line))
        for file, came in line.wrong:
            tell(f"    {file}: {came}")
    numbers = " / ".join(map(str, harms.values()))
    good = not any(harms.values())
    tell(f"{' / '.join(harms)}: {numbers}    {'ok' if good else 'NOT'}")
    return good and all(line.good for line in lines)


def _keeping(settings: Settings):
    """While the block runs, what is compiled is kept, where boxes may see it later."""
    if "jax" in settings.backends and settings.tier == "bwrap-root":
        return compiled.filling()
    return nullcontext()


def graded(submissions, settings, jobs, function) -> list[SubmissionResult]:
    """Grades side by side by a function, in the order of the ids."""
    found = []
    for submission, outcome in pool.local(jobs)(submissions, settings, function):
        if isinstance(outcome, Crashed):
            how = "harness_error", str(outcome)
            outcome = results.without_checks(submission, settings, *how)
        found.append(outcome)
    return sorted(found, key=lambda one: one.id)


def _of(result: SubmissionResult, backend: str):
    return [one for one in result.checks if one.backend == backend]


def _full(found, backend, sources) -> list[Line]:
    wrong = []
    for result in found:
        checks = _of(result, backend)
        name = result.id.partition("/")[2].partition("__")[0]
        bad = [one for one in checks if one.verdict != "passed"]
        if bad or not checks:
            came = f"{name}: no checks" if not checks else _words(bad[0])
            wrong.append((result.id, came))
    right = len(found) - len(wrong)
    return [Line("right answers: full marks", backend, len(found), right, tuple(wrong))]


def _caught(found, backend, sources) -> list[Line]:
    missed, untold = [], []
    found = [one for one in found if corpora.goes_wrong(sources[one.id], backend)]
    for result in found:
        bad = [one for one in _of(result, backend) if one.verdict != "passed"]
        if not bad:
            missed.append((result.id, "passed everything"))
        elif not corpora.hints(sources[result.id]) & {one.misconception for one in bad}:
            untold.append((result.id, _words(bad[0])))
    num = len(found)
    caught = num - len(missed)
    told = caught - len(untold)
    return [
        Line("misconceptions: caught", backend, num, caught, tuple(missed)),
        Line("misconceptions: told", backend, num, told, tuple(untold), 0.95),
    ]


def _harmless(found, backend, harms) -> Line:
    """Counts the harms too; what could not be tried is a lost row."""
    wrong = []
    for result in found:
        done = {one.check: one for one in result.checks if one.verdict != "passed"}
        if result.status != "graded":
            done[watch.LOST_ROW] = None
        for kind in harms:
            harms[kind] += kind in done
        told = {
            kind: _words(one) if one else result.message for kind, one in done.items()
        }
        wrong += [(result.id, f"{kind}: {words}") for kind, words in told.items()]
    right = len(found) - len({file for file, _ in wrong})
    what = "hostile files: stopped"
    return Line(what, backend, len(found), right, tuple(wrong))


def _words(check) -> str:
    said = f"{check.name} {check.check}: {check.verdict}: {check.message}"
    return printable(said)[:200]
