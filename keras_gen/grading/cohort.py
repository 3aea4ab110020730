"""Grades many submissions; each result is on disk as soon as it is known.

What grades one of them is an argument, `grade(submission, settings)`, and so is who
runs it: processes of this machine (`keras_gen.grading.pool`), or a cluster's
(`keras_gen.grading.scheduler`).
"""

import dataclasses
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from keras_gen.grading import results
from keras_gen.grading.intake import Submission, safe_name
from keras_gen.grading.results import Settings, SubmissionResult
from keras_gen.plots.files import write_bytes

Grade = Callable[[Submission, Settings], SubmissionResult]
Outcome = tuple[Submission, SubmissionResult | Exception]
Runner = Callable[[Sequence[Submission], Settings, Grade], Iterator[Outcome]]


class Crashed(Exception):
    """What became of a submission whose process ended before it had a result."""


def grade_all(
    submissions: Sequence[Submission],
    settings: Settings,
    grade: Grade,
    folder: Path,
    runner: Runner,
    resume: bool = False,
    told: Callable[[SubmissionResult, bool], None] = lambda result, is_new: None,
) -> list[SubmissionResult]:
    """Grade a cohort.

    A submission that the grader itself fails on is tried once more, when all others
    are done, and is a `harness_error` after that.

    Args:
        submissions: as `intake.collect` gives them.
        settings: how to grade.
        grade: grades one; must be picklable.
        folder: `results/ID.json` in it appears by renaming as soon as ID is graded.
        runner: runs `grade` on each and yields what came of it, in any order.
        resume: keep the results in the folder that would come out again: of the same
            bytes, sets, backends, seed and versions.
        told: called with each result, and whether it was graded now.

    Returns:
        The results, sorted by id.

    Raises:
        OSError: where a result cannot be written, as on a full disk.
        KeyboardInterrupt: on Ctrl-C; what was finished is in the folder.
    """
    made, todo = {}, []
    for submission in submissions:
        path = path_of(folder, submission.id)
        old = _kept(path, submission, settings) if resume else None
        if submission.problem:
            old = results.without_checks(
                submission, settings, "rejected", submission.problem
            )
            write_bytes(path, old.to_json())
        if old is None:
            todo.append(submission)
        else:
            made[submission.id] = old
            told(old, False)
    for is_last in (False, True):
        again = []
        for submission, outcome in runner(todo, settings, grade):
            result = _result(submission, settings, outcome)
            if result.status == "harness_error" and not is_last:
                again.append(submission)
                continue
            write_bytes(path_of(folder, submission.id), result.to_json())
            made[submission.id] = result
            told(result, True)
        todo = sorted(again, key=lambda submission: submission.id)
        if not todo:
            break
    return [made[name] for name in sorted(made)]


def path_of(folder: Path, name: str) -> Path:
    """Where the result of a submission is.

    Example:
        >>> path_of(Path("out"), "ada").as_posix()
        'out/results/ada.json'
    """
    return Path(folder) / "results" / f"{safe_name(name)}.json"


def _kept(path: Path, submission: Submission, settings: Settings):
    """The result in the folder, if it would come out again."""
    try:
        old = results.from_json(path.read_bytes())
    except (OSError, ValueError):
        return None
    fits = (
        old.status == "graded"
        and (old.id, old.sha256) == (submission.id, submission.sha256)
        and (old.sets, old.backends) == (settings.sets, settings.backends)
        and (old.seed, old.versions) == (settings.seed, settings.versions)
    )
    if not fits:
        return None
    return dataclasses.replace(old, name=submission.name, files=submission.files)


def _result(submission, settings, outcome) -> SubmissionResult:
    if isinstance(outcome, SubmissionResult):
        checks = results.ordered(outcome.checks)
        return dataclasses.replace(
            outcome, id=submission.id, name=submission.name, checks=checks
        )
    reason = " ".join(traceback.format_exception_only(outcome)[-1].split())
    message = f"The grader failed, not the submission: {reason}"
    return results.without_checks(submission, settings, "harness_error", message)
