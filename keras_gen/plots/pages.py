"""One page that shows all pictures of a run: plain HTML, no scripts, no network."""

import html
import numbers
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from keras_gen.plots.files import write_bytes


@dataclass(frozen=True)
class Entry:
    """A picture of the page and what is said of it.

    Args:
        picture: file inside the page's folder, relative to it.
        heading: section it stands in; neighbours with one heading share a section.
        text: one sentence that explains the picture.
        alt: what the picture shows, for those who cannot see it.
        checkpoint: name of the shipped checkpoint that made it; empty where the model
            was trained in this run.
    """

    picture: str
    heading: str
    text: str
    alt: str
    checkpoint: str = ""


def gallery(
    folder: str | os.PathLike,
    entries: Sequence[Entry],
    title: str,
    notes: str | Sequence[str] = (),
    figures: Mapping[str, object] | None = None,
) -> Path:
    """Write `index.html`, which shows every picture and works wherever its folder is.

    Args:
        folder: where the pictures are and the page will be.
        entries: pictures in the order of the page.
        title: heading of the page.
        notes: paragraphs below the title.
        figures: table of results, name to number or text.

    Returns:
        Path of the page.

    Raises:
        FileNotFoundError: where a picture is not in the folder.
        ValueError: for a picture outside of the folder, or one without `alt` text.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = tempfile.mkdtemp()
        >>> Image.new("L", (28, 28)).save(folder + "/digits.png")
        >>> entry = Entry("digits.png", "Digits", "They are black.", "a black square")
        >>> gallery(folder, [entry], "One picture").name
        'index.html'
    """
    folder = Path(folder)
    for entry in entries:
        _check(folder, entry)
    notes = [notes] if isinstance(notes, str) else notes
    sections = groupby(entries, key=lambda entry: entry.heading)
    parts = [
        *(f"<p>{html.escape(note)}</p>" for note in [*notes, *_origins(entries)]),
        "</header>\n<main>",
        *(_section(folder, heading, members) for heading, members in sections),
        _table(figures or {}),
    ]
    page = PAGE.format(title=html.escape(title), style=STYLE, body="\n".join(parts))
    return write_bytes(folder / "index.html", page.encode())


def _check(folder: Path, entry: Entry):
    path = Path(entry.picture)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"picture must lie inside of {folder}; got {entry.picture!r}.")
    if not (folder / path).is_file():
        raise FileNotFoundError(f"picture {entry.picture!r} is not in {folder}.")
    if not entry.alt.strip():
        raise ValueError(f"alt must say what {entry.picture!r} shows; got no text.")


def _origins(entries: Sequence[Entry]) -> list[str]:
    """One sentence on what this run did not train itself."""
    shipped = sum(bool(entry.checkpoint) for entry in entries)
    if not shipped:
        return []
    return [
        f"{shipped} of {len(entries)} pictures: made with a shipped checkpoint, which "
        "was trained for longer than this run lasted; each of them says so. All "
        "others were made in this run."
    ]


def _section(folder: Path, heading: str, entries) -> str:
    figures = "\n".join(_figure(folder, entry) for entry in entries)
    return (
        f"<section>\n<h2>{html.escape(heading)}</h2>\n"
        f'<div class="figures">\n{figures}\n</div>\n</section>'
    )


def _figure(folder: Path, entry: Entry) -> str:
    width, height = _size(folder / entry.picture)
    link = quote(Path(entry.picture).as_posix())
    mark = "made in this run"
    if entry.checkpoint:
        mark = f"shipped checkpoint <b>{html.escape(entry.checkpoint)}</b>"
    # On a phone these scroll sideways: shrunk, their type could not be read.
    wide = ' class="wide"' if width > 700 and width > 1.3 * height else ""
    return (
        f"<figure{wide}>\n<figcaption>{html.escape(entry.text)}</figcaption>\n"
        f'<a href="{link}"><img src="{link}" alt="{html.escape(entry.alt)}" '
        f'width="{width}" height="{height}" loading="lazy"></a>\n'
        f'<p class="mark">{mark}</p>\n</figure>'
    )


def _size(path: Path) -> tuple[int, int]:
    from PIL import Image

    with Image.open(path) as picture:
        return picture.size


def _table(figures: Mapping[str, object]) -> str:
    if not figures:
        return ""
    rows = "\n".join(
        f'<tr><th scope="row">{html.escape(str(name))}</th>'
        f"<td>{html.escape(_value(value))}</td></tr>"
        for name, value in figures.items()
    )
    return f"<section>\n<h2>Figures</h2>\n<table>\n{rows}\n</table>\n</section>"


def _value(value) -> str:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return str(value)
    whole = isinstance(value, numbers.Integral) or abs(value) >= 1000
    return f"{value:,.0f}" if whole else f"{value:.4g}"


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<header>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""

STYLE = """\
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #202124; --quiet: #5f6368; --line: #dfe3e8;
  --mark: #8a4b00; --link: #1a5fb4; }
@media (prefers-color-scheme: dark) { :root {
  --page: #15171a; --card: #1f2226; --ink: #e8eaed; --quiet: #a4abb3; --line: #34393f;
  --mark: #ffc46b; --link: #8ab4f8; }
  a { filter: brightness(.92); } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2.5rem 1.25rem 4rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 5vw, 2.3rem); line-height: 1.2; }
h2 { margin: 0; font-size: 1.25rem; }
header p { max-width: 44rem; margin: .4rem 0; color: var(--quiet); }
section { margin-top: 1.5rem; padding: 1.25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; }
.figures { display: grid; gap: 1.75rem 1.5rem; margin-top: .25rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
figure { display: flex; flex-direction: column; margin: 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figcaption { max-width: 44rem; margin-bottom: .75rem; color: var(--quiet); }
a { width: fit-content; max-width: 100%; padding: .25rem; overflow-x: auto;
  background: #fff; border: 1px solid var(--line); border-radius: .4rem; }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
img { display: block; max-width: 100%; height: auto; }
.wide img { min-width: 44rem; }
.mark { width: fit-content; margin: .6rem 0 0; padding: .05rem .6rem;
  font-size: .8rem; color: var(--quiet); border: 1px solid var(--line);
  border-radius: 1rem; }
.mark b { color: var(--mark); }
table { border-collapse: collapse; width: 100%; max-width: 44rem; margin-top: .6rem; }
th, td { padding: .45rem 0; border-bottom: 1px solid var(--line); text-align: left;
  font-weight: 400; }
td { padding-left: 1rem; text-align: right; font-variant-numeric: tabular-nums; }
tr:last-child > * { border-bottom: 0; }
"""
