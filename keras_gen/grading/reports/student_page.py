"""The page that a student gets: what was right, what was not, and what to look at."""

import base64
from collections.abc import Sequence
from itertools import groupby

from keras_gen.grading.reports import html_parts
from keras_gen.grading.reports.html_parts import badge, escape, section
from keras_gen.grading.results import CheckResult, SubmissionResult, box_told
from keras_gen.grading.text import number

SHOWN = 8  # notes on what was not run, before they fold
OUTPUT = 4000  # characters of what a submission printed


def page(result: SubmissionResult, title: str = "Grades") -> bytes:
    """One submission's page.

    Args:
        result: the grade.
        title: of the exercise.

    Returns:
        The HTML file: whole, without scripts, with its pictures in it.
    """
    who = result.name or result.id
    total = number(result.total)
    words = html_parts.STATUS_WORDS[result.status]
    head = [
        f'<p class="total"><b>{total}</b> of 100 points</p>'
        if total and result.status == "graded"
        else f'<p class="total">{escape(words.capitalize())}</p>',
    ]
    if result.message:
        head.append(f"<p>{escape(result.message)}</p>")
    body = []
    if len(result.cells()) > 1 and result.checks:
        rows = [
            [f"{set}, on {backend}", *_counts(result.of(set, backend)), points]
            for (set, backend), points in result.cells().items()
        ]
        columns = ["Set", "Checks passed", "Checks", "Points of 100"]
        body.append(section("Points", html_parts.table(columns, rows)))
    for set_name in result.sets:
        checks = [check for check in result.checks if check.set == set_name]
        if checks:
            body.append(section(f"Set {set_name}", *_exercises(checks, result)))
    if result.skipped:
        body.append(section("What was not run", *_skipped(result.skipped)))
    return html_parts.page(f"{who}: {title}", head, body, _foot(result))


def _counts(checks: Sequence[CheckResult]) -> tuple[int, int]:
    return sum(check.verdict == "passed" for check in checks), len(checks)


def _exercises(checks: Sequence[CheckResult], result: SubmissionResult):
    for name in dict.fromkeys(check.name for check in checks):
        own = [check for check in checks if check.name == name]
        parts = []
        for backend in result.backends:
            there = [check for check in own if check.backend == backend]
            earned = [check.earned for check in there]
            if there:
                got = "–" if None in earned else number(sum(earned))
                most = number(sum(check.points for check in there))
                parts.append(f"{got} of {most} on {escape(backend)}")
        yield f"<h3>{escape(name)} <span>{', '.join(parts)}</span></h3>"
        yield f'<ul class="checks">\n{"".join(_checks(own, result.backends))}</ul>'


def _checks(own: Sequence[CheckResult], backends: Sequence[str]):
    """An item a check; what is the same on all backends is said once."""
    for _, group in groupby(sorted(own, key=_check_key), key=_check_key):
        same = {}
        for check in sorted(group, key=lambda check: backends.index(check.backend)):
            same.setdefault((check.verdict, check.message), []).append(check)
        for alike in same.values():
            yield _item(alike[0], [check.backend for check in alike])


def _check_key(check: CheckResult) -> str:
    return check.check


def _item(check: CheckResult, backends: list[str]) -> str:
    parts = [
        badge(check.verdict),
        f"<b>{escape(check.check)}</b> ",
        f'<span class="where">on {escape(" and ".join(backends))}, '
        f"{number(check.points)} points</span>",
    ]
    if check.about:
        parts.append(f'\n<p class="about">{escape(check.about)}</p>')
    if check.message and check.verdict != "passed":
        parts.append(f"\n<p>{escape(check.message, keep=chr(10))}</p>")
    if check.picture and check.picture.startswith(b"\x89PNG"):
        data = base64.b64encode(check.picture).decode("ascii")
        alt = check.alt or f"{check.name}: what was expected, what came, the difference"
        parts.append(f'\n<img src="data:image/png;base64,{data}" alt="{escape(alt)}">')
    if check.student_output and check.verdict != "passed":
        shown = check.student_output[:OUTPUT]
        parts.append(
            "\n<details><summary>What your code printed</summary>"
            f"<pre>{escape(shown, keep=chr(10))}</pre></details>"
        )
    return f"<li>{''.join(parts)}</li>\n"


def _skipped(notes: Sequence[str]):
    items = [f"<li>{escape(note)}</li>" for note in notes]
    yield "<p>Only imports, definitions and constants are needed for a grade.</p>"
    yield f'<ul class="skipped">\n{"".join(items[:SHOWN])}\n</ul>'
    if more := items[SHOWN:]:
        yield (
            f"<details><summary>{len(more)} more</summary>"
            f'<ul class="skipped">\n{"".join(more)}\n</ul></details>'
        )


def _foot(result: SubmissionResult) -> str:
    return html_parts.footer(
        [
            ("Id", result.id),
            ("Files", ", ".join(result.files)),
            ("SHA-256", result.sha256),
            ("Backends", ", ".join(result.backends)),
            ("Seed", str(result.seed)),
            ("Box", box_told(result.tier)),
            ("Versions", html_parts.versions(result.versions)),
        ]
    )
