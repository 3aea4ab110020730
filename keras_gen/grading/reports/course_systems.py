"""Grades for Gradescope, Canvas and Moodle, in the forms that they import.

Sources: Gradescope's autograder specification (`results.json`); Canvas's and Moodle's
guides on the import of grades.
"""

import json
from collections.abc import Sequence

from keras_gen.grading.reports.tables import csv_bytes
from keras_gen.grading.results import CheckResult, SubmissionResult, box_told
from keras_gen.grading.roster import Student
from keras_gen.grading.text import number, plain


def gradescope(result: SubmissionResult) -> bytes:
    """`results.json` of one submission; all that can be earned sums to 100.

    Without a grade there is no score, so that Gradescope shows none.
    """
    share = 1 / max(1, len(result.cells()))
    made = {"output": plain(_summary(result), "\n"), "output_format": "text"}
    if result.total is not None:
        made["score"] = result.total
    made["tests"] = [_test(check, share) for check in result.checks]
    made["stdout_visibility"] = "hidden"
    return json.dumps(made, indent=1, allow_nan=False).encode("ascii") + b"\n"


def _summary(result: SubmissionResult) -> str:
    lines = [f"{result.status.replace('_', ' ')} {result.message}".strip()]
    for (set, backend), points in result.cells().items():
        lines.append(f"{set} on {backend}: {number(points) or 'no grade'} of 100")
    lines += [f"Not run: {note}" for note in result.skipped]
    lines.append(f"Box: {box_told(result.tier)}")
    return "\n".join(lines)


def _test(check: CheckResult, share: float) -> dict:
    name = f"{check.set} on {check.backend}: {check.name}, {check.check}"
    output = f"{check.verdict}: {check.message}" if check.message else check.verdict
    test = {
        "name": plain(name),
        "max_score": round(check.points * share, 4),
        "output": plain(output, "\n"),
        "output_format": "text",
    }
    if check.earned is not None:
        test["score"] = round(check.earned * share, 4)
        test["status"] = "passed" if check.verdict == "passed" else "failed"
    return test


def canvas_csv(results: Sequence[SubmissionResult], title: str) -> bytes:
    """Canvas's gradebook: a number is its own id of a student, else it is the login."""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title]]
    rows.append(["    Points Possible", "", "", "", "", 100])
    for result in results:
        own = result.id if result.id.isdecimal() else ""
        login = "" if own else result.id
        rows.append([result.name or result.id, own, "", login, "", result.total])
    return csv_bytes(rows)


def moodle_csv(
    results: Sequence[SubmissionResult], roster: Sequence[Student] = ()
) -> bytes:
    """Moodle's import of grades, with one line of feedback."""
    emails = {student.id: student.email for student in roster}
    rows = [["Username", "Full name", "Email address", "Grade", "Feedback comments"]]
    for result in results:
        failed = {f"{c.set}: {c.name}" for c in result.checks if c.verdict != "passed"}
        comment = result.message or "; ".join(sorted(failed))
        who = result.id, result.name, emails.get(result.id, "")
        rows.append([*who, result.total, comment])
    return csv_bytes(rows)
