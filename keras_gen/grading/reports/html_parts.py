"""What the pages share: escaping, the frame, badges, tables. No scripts, no network."""

import html
from collections.abc import Iterable, Sequence

from keras_gen.grading.text import number, one_line, plain
from keras_gen.plots.pages import PAGE, STYLE

# Should any text of a submission ever get through: it could still load and run nothing.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
)
SYMBOLS = {"passed": "✓", "failed": "✗", "missing": "–", "harness_error": "!"}
WORDS = {
    "missing": "not there",
    "timeout": "took too long",
    "memory": "too much memory",
    "output": "printed too much",
    "died": "ended early",
    "protocol": "broke the rules",
    "harness_error": "no grade yet",
}
STATUS_WORDS = {
    "graded": "graded",
    "rejected": "rejected",
    "missing": "nothing handed in",
    "harness_error": "no grade yet",
}
MORE_STYLE = """\
:root { --good: #1e6b34; --bad: #a3241b; --good-soft: #e3f3e7; --bad-soft: #fbe9e7; }
@media (prefers-color-scheme: dark) { :root {
  --good: #8ad4a0; --bad: #ffb0a6; --good-soft: #1d3424; --bad-soft: #402320; } }
p, li, pre { overflow-wrap: anywhere; }
td, th { overflow-wrap: break-word; }
a { padding: 0; color: var(--link); background: none; border: 0; }
h3 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
  margin: 1.25rem 0 .25rem; font-size: 1.05rem; }
h3 span { font-weight: 400; color: var(--quiet); }
.total { margin: 0; font-size: 1.35rem; color: var(--ink); }
.total b { font-size: 2.2rem; }
.scroll { overflow-x: auto; }
table { max-width: none; }
th, td { padding: .4rem .9rem .4rem 0; vertical-align: top; }
td { text-align: left; padding-left: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
thead th { color: var(--quiet); font-size: .85rem; white-space: nowrap; }
caption { text-align: left; color: var(--quiet); padding-bottom: .3rem; }
ul.checks { list-style: none; margin: 0; padding: 0; }
ul.checks > li { padding: .55rem 0; border-bottom: 1px solid var(--line); }
ul.checks > li:last-child { border-bottom: 0; }
ul.checks p { margin: .35rem 0 0; max-width: 46rem; white-space: pre-line; }
.badge { display: inline-block; min-width: 6.2rem; margin-right: .6rem;
  padding: .05rem .55rem; border-radius: 1rem; font-size: .82rem; font-weight: 600;
  color: var(--bad); background: var(--bad-soft); }
.badge.passed { color: var(--good); background: var(--good-soft); }
.badge.harness_error { color: var(--mark); background: none;
  border: 1px solid var(--mark); }
.where { color: var(--quiet); font-size: .88rem; }
.about { color: var(--quiet); }
ul.checks img { margin-top: .6rem; padding: .25rem; background: #fff;
  border: 1px solid var(--line); border-radius: .4rem; }
details { margin-top: .4rem; } summary { cursor: pointer; color: var(--quiet); }
pre { margin: .4rem 0 0; padding: .6rem; max-height: 20rem; overflow: auto;
  white-space: pre-wrap; font-size: .85rem; background: var(--page);
  border: 1px solid var(--line); border-radius: .4rem; }
.skipped { margin: .5rem 0 0; padding-left: 1.2rem; font-size: .9rem; }
.bar { display: block; height: .9rem; min-width: 2px; background: var(--link);
  border-radius: .2rem; }
td.wide { width: 60%; }
footer { margin-top: 2rem; font-size: .85rem; color: var(--quiet); }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
footer dd { margin: 0; overflow-wrap: anywhere; } footer dt { font-weight: 600; }
@media print { section { break-inside: avoid; border-color: #bbb; } }
"""


def escape(text, keep: str = "") -> str:
    """Text as HTML shows it and nothing acts upon it."""
    return html.escape(plain(text, keep))


def page(title: str, head: Sequence[str], body: Sequence[str], foot: str) -> bytes:
    """A whole page.

    Args:
        title: plain text.
        head: HTML below the title.
        body: HTML of the sections.
        foot: HTML of the footer.
    """
    inner = "\n".join([*head, "</header>\n<main>", *body, foot])
    frame = PAGE.replace("<title>", POLICY + "<title>", 1)
    frame = frame.replace("</main>\n", "", 1)  # the footer comes after it
    made = frame.format(title=escape(title), style=STYLE + MORE_STYLE, body=inner)
    return made.encode("utf-8")


def badge(verdict: str) -> str:
    """A verdict in a word, with a sign and a colour of its own."""
    word = WORDS.get(verdict, verdict)
    symbol = SYMBOLS.get(verdict, "✗")
    return (
        f'<span class="badge {verdict}"><span aria-hidden="true">{symbol}</span> '
        f"{word}</span>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence], caption: str = "") -> str:
    """A table whose first column is the rows' heading; `Raw` cells are HTML already."""
    rows = [list(row) for row in rows]
    is_number = [
        bool(rows) and all(isinstance(row[i], int | float | None) for row in rows)
        for i in range(len(head))
    ]
    marks = [' class="number"' if number_ else "" for number_ in is_number]
    heads = "".join(
        f'<th scope="col"{mark}>{escape(text)}</th>'
        for text, mark in zip(head, marks, strict=True)
    )
    lines = []
    for row in rows:
        first, *others = [
            _cell(value, mark, i == 0)
            for i, (value, mark) in enumerate(zip(row, marks, strict=True))
        ]
        lines.append(f"<tr>{first}{''.join(others)}</tr>")
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    label = escape(caption or head[0])
    body = "\n".join(lines)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table>{title}\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


class Raw(str):
    """HTML that is escaped already."""


def _cell(value, mark: str, is_first: bool) -> str:
    if isinstance(value, Raw):
        text = value
    elif isinstance(value, int | float | None):
        text = number(value) or "–"
    else:
        text = html.escape(one_line(value))
    name, more = ("th", ' scope="row"') if is_first else ("td", "")
    return f"<{name}{more}{mark}>{text}</{name}>"


def section(title: str, *parts: str) -> str:
    """A section with its heading."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def footer(pairs: Iterable[tuple[str, str]]) -> str:
    """How the grade came about."""
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n"
        for name, value in pairs
        if value
    )
    return f"</main>\n<footer>\n<dl>\n{lines}</dl>\n</footer>"


def versions(found: dict[str, str]) -> str:
    """Package and version, in the order of the names."""
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
