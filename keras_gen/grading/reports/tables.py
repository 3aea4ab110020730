"""Grades as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Collection, Iterable, Sequence

from keras_gen.grading.results import SCHEMA, SubmissionResult
from keras_gen.grading.text import cell


def csv_bytes(rows: Iterable[Sequence]) -> bytes:
    """Rows as CSV; no spreadsheet takes a value for a formula.

    Example:
        >>> csv_bytes([["id", "total"], ["=1+1", 87.5]])
        b"id,total\\r\\n'=1+1,87.5\\r\\n"
    """
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8")


def columns(results: Sequence[SubmissionResult]) -> list[tuple[str, str]]:
    """Sets and backends that were asked for, in that order."""
    return list(dict.fromkeys(pair for result in results for pair in result.cells()))


def grades_csv(
    results: Sequence[SubmissionResult], strangers: Collection[str] = ()
) -> bytes:
    """A row a submission: id, name, points by set and backend, total, status.

    What has no grade is blank, and its status says why; it is no zero.
    """
    pairs = columns(results)
    head = ["id", "name", *(f"{set} {backend}" for set, backend in pairs)]
    rows = [[*head, "total", "status", "message", "sha256", "box"]]
    for result in results:
        points = result.cells()
        status = result.status + (" (not on roster)" if result.id in strangers else "")
        row = [result.id, result.name, *(points.get(pair) for pair in pairs)]
        row += [result.total, status, result.message, result.sha256, result.tier]
        rows.append(row)
    return csv_bytes(rows)


def grades_json(
    results: Sequence[SubmissionResult], strangers: Collection[str] = ()
) -> bytes:
    """All that is known but the pictures, which are in `results/ID.json`.

    `timings`, by submission, set and backend, is all that differs between two runs.
    """
    submissions, timings = [], {}
    for result in results:
        made = result.as_dict(pictures=False)
        for check in made["checks"]:
            check.pop("seconds")
        made["points"] = [
            {"set": set, "backend": backend, "points": points}
            for (set, backend), points in result.cells().items()
        ]
        made["total"] = result.total
        made["on_roster"] = result.id not in strangers
        submissions.append(made)
        timings[result.id] = {
            f"{set} {backend}": round(
                sum(c.seconds for c in result.of(set, backend)), 3
            )
            for set, backend in result.cells()
        }
    made = {"schema": SCHEMA, "submissions": submissions, "timings": timings}
    return json.dumps(made, indent=1, allow_nan=False).encode("ascii") + b"\n"
