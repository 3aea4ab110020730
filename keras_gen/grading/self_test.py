"""`keras-gen grade --self-test`: does the grader grade as it should, on this machine?

Right answers in other styles must get full marks, and known mistakes must be caught and
told what they are.  All of them lie in the project's `tests/`, so a clone is needed;
they are graded as any submission is, in this machine's box.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from keras_gen.grading import grade, intake, pool, results
from keras_gen.grading.cohort import Crashed
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import Settings, SubmissionResult

HOME = Path(__file__).resolve().parents[2] / "tests"
WHOLE = "whole"


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


def corpus(folder: str, sets: Sequence[str], home: Path = HOME) -> list[Submission]:
    """The files of a corpus as submissions, whose id is `set/NAME__style`.

    Args:
        folder: `"right_answers"` or `"misconceptions"`.
        sets: which sets.
        home: where the folder is.

    Raises:
        ValueError: if it is not there.
    """
    found = []
    for set in sets:
        paths = sorted((home / folder / set).glob("*.py"))
        if not paths:
            raise ValueError(
                f"The self-test needs the project's own tests/{folder}/{set}: run it "
                "in a clone of the project."
            )
        for path in paths:
            (one,) = intake.collect([path]).submissions
            found.append(dataclasses.replace(one, id=f"{set}/{path.stem}"))
    return found


def header(source: str) -> dict[str, str]:
    """What the first lines of a file say of it, as `# word: text`.

    Example:

    >>> header("# misconception: psnr\\n# slug: twenty\\n\\nimport keras")
    {'misconception': 'psnr', 'slug': 'twenty'}
    """
    found = {}
    for line in source.splitlines():
        if not line.startswith("# "):
            break
        word, colon, text = line[2:].partition(": ")
        if colon and not line.startswith("#  "):
            found[word] = text.strip()
    return found


def hints(source: str) -> set[str]:
    """The short names under which a mistake may be told."""
    said = header(source)
    return {said["slug"], *said.get("told as", "").split()}


def goes_wrong(source: str, backend: str) -> bool:
    """Whether a mistake is one on this backend; most are on all."""
    return backend in header(source).get("backends", backend)


def grade_known(submission: Submission, settings: Settings) -> SubmissionResult:
    """Grades a file of a corpus by the checks of its name; a whole one by all."""
    set, _, stem = submission.id.partition("/")
    name = stem.partition("__")[0]
    options = {} if name == WHOLE else {"names": (name,)}
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
    for folder, judge in (("right_answers", _full), ("misconceptions", _caught)):
        files = corpus(folder, settings.sets)
        sources = {one.id: one.cells[0] for one in files}
        found = graded(files, settings, jobs)
        for backend in settings.backends:
            lines += judge(found, backend, sources)
    tell(f"Box {settings.tier}, seed {settings.seed}.")
    for line in lines:
        tell(str(line))
        for file, came in line.wrong:
            tell(f"    {file}: {came}")
    return all(line.good for line in lines)


def graded(submissions, settings, jobs) -> list[SubmissionResult]:
    """Grades side by side, in the order of the ids."""
    found = []
    for submission, outcome in pool.local(jobs)(submissions, settings, grade_known):
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
    found = [one for one in found if goes_wrong(sources[one.id], backend)]
    for result in found:
        bad = [one for one in _of(result, backend) if one.verdict != "passed"]
        if not bad:
            missed.append((result.id, "passed everything"))
        elif not hints(sources[result.id]) & {one.misconception for one in bad}:
            untold.append((result.id, _words(bad[0])))
    num = len(found)
    caught = num - len(missed)
    told = caught - len(untold)
    return [
        Line("misconceptions: caught", backend, num, caught, tuple(missed)),
        Line("misconceptions: told", backend, num, told, tuple(untold), 0.95),
    ]


def _words(check) -> str:
    return f"{check.name} {check.check}: {check.verdict}: {check.message}"[:200]
