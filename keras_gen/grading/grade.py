"""One submission, graded: on each backend a box, in it the submission, and the checks.

    result = grade_one(submission, settings)

A check that kills its worker costs its own points: the next one gets a new worker.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from keras_gen.exercises.registry import Check, Failed, checks_of
from keras_gen.exercises.student import (
    LONGEST,
    Missing,
    Student,
    StudentError,
    expected,
)
from keras_gen.grading import results
from keras_gen.grading.box import Box, Died
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import CheckResult, Settings, SubmissionResult

LOADING = 40.0  # seconds of the processor for all definitions; importing TensorFlow too
ALT = "What was expected, what came, and the difference."
OF_KERAS = ("keras", "tensorflow", "jax", "torch")


def grade_one(
    submission: Submission, settings: Settings, begin: Callable | None = None
) -> SubmissionResult:
    """Grades a submission.

    Args:
        submission: as `intake.collect` makes it.
        settings: sets, backends, seed and box.
        begin: makes the session on a backend; None is `Session`.

    Returns:
        Its result; the same for the same submission and settings, but for seconds.
    """
    if submission.problem:
        how = "rejected", submission.problem
        return results.without_checks(submission, settings, *how)
    names = settings.options.get("names")
    checks = [
        check
        for name in settings.sets
        for check in checks_of(name)
        if names is None or {check.name, check.defined} & set(names)
    ]
    made, skipped = [], ()
    for backend in settings.backends:
        with (begin or Session)(submission, settings, backend, checks) as session:
            made += [session.run(check) for check in checks]
            skipped = skipped or session.notes
    empty = results.without_checks(submission, settings, "graded")
    ours = any(one.verdict == "harness_error" for one in made)
    status = "harness_error" if ours else "graded"
    return dataclasses.replace(
        empty, checks=tuple(made), skipped=tuple(skipped), status=status
    )


class Session:
    """A submission on one backend, in one box after the other.

    Args:
        submission: what to grade.
        settings: how.
        backend: Keras's backend.
        checks: that will be run.

    Attributes:
        statement: seconds of the processor for each definition.
        restarts: workers that a submission may use up.
    """

    statement, restarts = 10.0, 4

    def __init__(self, submission, settings, backend, checks):
        self.submission, self.settings, self.backend = submission, settings, backend
        self.wanted = sorted({check.defined for check in checks})
        self.notes, self.used = (), 0
        self.box = self.student = self.fault = self.broken = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, check: Check) -> CheckResult:
        """Runs a check; whatever happens is a verdict.

        The first that hangs is run once more: the machine may have been busy.
        """
        made = self._run(check)
        if made.verdict == "timeout" and self.box and self.box.hung:
            self.used += 1  # waiting is dear, so fewer workers are tried
            if self.used == 2:
                again = self._run(check)
                if not self.broken:
                    made = again
        return made

    def _run(self, check):
        verdict, message, more = "passed", "", {}
        before = 0.0
        try:
            student = self._ready()
            before = self.box.cpu_seconds
            if not student.has(check.defined):
                raise Missing(check.defined)
            check.function(student, check.rng(self.settings.seed))
        except Failed as failed:
            verdict, message = "failed", failed.message
            more = _picture(failed) | {"misconception": failed.misconception}
        except Missing as missing:
            verdict, message = "missing", f"{missing} is not defined."
        except StudentError as error:
            verdict = error.kind
            message = f"It raised {error}" + f" ({error.where})" * bool(error.where)
        except Died as died:
            verdict, message = died.verdict, died.message
        except Exception as fault:  # of the grader
            verdict, message = "harness_error", f"{type(fault).__name__}: {fault}"
        self._forget()
        return CheckResult(
            check.set,
            check.name,
            check.check,
            self.backend,
            check.points,
            verdict,
            message,
            check.about,
            seconds=max(0.0, self._cpu() - before),
            **more,
        )

    def _cpu(self):
        return self.box.cpu_seconds if self.box else 0.0

    def _ready(self) -> Student:
        """The student, in a new box if there is none or the last has died."""
        if self.broken:
            raise self.broken
        if self.student and not self.box.dead:
            return self.student
        self.close()
        if self.used > self.restarts:
            ours = getattr(self.fault, "verdict", "") == "harness_error"
            ended = Died("died", "It ended too often; no more is tried.")
            self.broken = self.fault if ours else ended
            raise self.broken
        self.used += 1
        try:
            self._open()
        except (Died, StudentError) as fault:
            # What a submission does when it is loaded, it does each time; but a
            # busy machine gets a second chance.
            ours = getattr(fault, "verdict", "") == "harness_error"
            if self.used > 1 and not ours:
                self.broken = fault
            self.fault = fault
            self.close()
            raise
        return self.student

    def _open(self):
        self.box = self.new_box(self.backend if self._needs_keras() else None)
        cells = [
            cell.encode("utf-8", "surrogatepass") for cell in self.submission.cells
        ]
        arrays = {f"cell {i}": np.frombuffer(c, "uint8") for i, c in enumerate(cells)}
        asked = {"cells": list(arrays), "wanted": self.wanted}
        asked |= {"labels": list(self.submission.labels), "limit": self.statement}
        tensors = self._needs_keras()
        loading = Student(self.box.request, (), tensors)
        found = loading.do("load", extra=arrays, seconds=LOADING, **asked)
        found = expected(found, dict)
        self.notes = tuple(_strings(found.get("notes")))
        names = set(_strings(found.get("names"))) & set(self.wanted)
        self.student = Student(self.box.request, names, tensors)

    def new_box(self, backend: str | None) -> Box:
        """A box for the submission."""
        return Box(backend, tier=self.settings.tier or None)

    def _needs_keras(self) -> bool:
        """Without Keras a worker starts in a tenth of a second."""
        if set(self.settings.sets) != {"metrics"}:
            return True
        return any(word in cell for cell in self.submission.cells for word in OF_KERAS)

    def _forget(self):
        """Frees what the last check has made; a worker that does not is ended."""
        if self.student and not self.box.dead:
            try:
                self.student.forget()
            except (Died, StudentError):
                self.close()

    def close(self):
        """Ends the box."""
        if self.box:
            self.box.close()
        self.box = self.student = None


def _strings(value):
    items = value if isinstance(value, list) else []
    return [one[:LONGEST] for one in items if isinstance(one, str)][:300]


def _picture(failed: Failed) -> dict:
    if failed.shown is None:
        return {}
    from keras_gen.exercises.pictures import compared

    return {"picture": compared(*failed.shown), "alt": ALT}
