"""The teacher's page: who has what, which checks are hardest, what is misunderstood."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from urllib.parse import quote

from keras_gen.grading.intake import safe_name
from keras_gen.grading.reports import html_parts, tables
from keras_gen.grading.reports.html_parts import Raw, escape, section
from keras_gen.grading.results import SubmissionResult, box_told
from keras_gen.grading.text import number

MOST = 12  # rows of hardest checks and of misconceptions


def page(
    results: Sequence[SubmissionResult],
    title: str = "Grades",
    strangers: Collection[str] = (),
) -> bytes:
    """The cohort's page, which links to each student's.

    Args:
        results: one a student.
        title: of the exercise.
        strangers: ids that are not on the roster, listed apart.
    """
    counts = Counter(result.status for result in results)
    said = [
        f"{counts[status]} {words}"
        for status, words in html_parts.STATUS_WORDS.items()
        if counts[status]
    ]
    head = [f"<p>{len(results)} in all: {', '.join(said) or 'nobody'}.</p>"]
    totals = [r.total for r in results if r.status == "graded" and r.total is not None]
    if totals:
        middle = number(statistics.median(totals))
        mean = number(round(statistics.fmean(totals), 1))
        head.append(f"<p>Mean {mean}, median {middle} of 100.</p>")
    body = []
    if failed := [result for result in results if result.status == "harness_error"]:
        names = ", ".join(result.id for result in failed)
        body.append(
            section(
                "No grade yet",
                "<p>Here the grader failed and not the student; "
                f"run it again with --resume: {escape(names)}.</p>",
            )
        )
    if totals:
        body.append(section("Distribution", _distribution(totals)))
    known = [result for result in results if result.id not in strangers]
    body.append(section("Students", _students(known)))
    if strange := [result for result in results if result.id in strangers]:
        text = "<p>These submissions are nobody's on the roster.</p>"
        body.append(section("Not on the roster", text, _students(strange)))
    body += _checks(results)
    return html_parts.page(title, head, body, _foot(results))


def _distribution(totals: Sequence[float]) -> str:
    bins = Counter(min(9, int(total // 10)) for total in totals)
    rows = []
    for index in range(9, -1, -1):
        share = 100 * bins[index] / max(bins.values())
        bar = f'<span class="bar" style="width:{share:.0f}%"></span>'
        upper = 100 if index == 9 else 10 * index + 9
        rows.append([f"{10 * index}–{upper}", bins[index], Raw(bar if share else "")])
    made = html_parts.table(["Points", "Students", "Share"], rows)
    return made.replace('<td><span class="bar"', '<td class="wide"><span class="bar"')


def _students(results: Sequence[SubmissionResult]) -> str:
    pairs = tables.columns(results)
    rows = []
    for result in results:
        link = quote(f"students/{safe_name(result.id)}.html")
        points = result.cells()
        words = html_parts.STATUS_WORDS[result.status]
        rows.append(
            [
                Raw(f'<a href="{link}">{escape(result.id)}</a>'),
                result.name,
                *(points.get(pair) for pair in pairs),
                result.total,
                f"{words}: {result.message}" if result.message else words,
            ]
        )
    head = ["Id", "Name", *(f"{set}, {backend}" for set, backend in pairs)]
    return html_parts.table([*head, "Total", "Status"], rows)


def _checks(results: Sequence[SubmissionResult]) -> list[str]:
    asked, passed = Counter(), Counter()
    misunderstood = defaultdict(set)
    messages = {}
    for result in results:
        for check in result.checks:
            if check.earned is None:
                continue
            key = check.set, check.name, check.check, check.about
            asked[key] += 1
            passed[key] += check.verdict == "passed"
            if check.misconception:
                known = check.set, check.name, check.misconception
                misunderstood[known].add(result.id)
                messages.setdefault(known, check.message)
    hardest = sorted(asked, key=lambda key: (passed[key] / asked[key], key))
    hardest = [key for key in hardest if passed[key] < asked[key]][:MOST]
    made = []
    if hardest:
        rows = [
            [name, set, check, about, round(100 * passed[key] / asked[key], 1)]
            for key in hardest
            for set, name, check, about in [key]
        ]
        columns = ["Name", "Set", "Check", "What it asks", "Passed, %"]
        made.append(section("Hardest checks", html_parts.table(columns, rows)))
    if misunderstood:
        often = sorted(misunderstood, key=lambda k: (-len(misunderstood[k]), k))[:MOST]
        rows = [
            [what, name, set, len(misunderstood[set, name, what]), messages[key]]
            for key in often
            for set, name, what in [key]
        ]
        columns = ["Looks like", "Name", "Set", "Students", "What one of them was told"]
        text = html_parts.table(columns, rows)
        made.append(section("Commonest misconceptions", text))
    return made


def _foot(results: Sequence[SubmissionResult]) -> str:
    def each(values) -> str:
        return ", ".join(dict.fromkeys(filter(None, values)))

    return html_parts.footer(
        [
            ("Sets", each(name for r in results for name in r.sets)),
            ("Backends", each(name for r in results for name in r.backends)),
            ("Seed", each(str(r.seed) for r in results)),
            ("Box", each(box_told(r.tier) for r in results)),
            ("Versions", each(html_parts.versions(r.versions) for r in results)),
        ]
    )
