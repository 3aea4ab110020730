"""The lecture's pages hold what they promise: their code runs, what they name exists.

A rule takes a `Page` and returns its violations, one line each.  `BREACHES` below holds
a small bad page for every rule, so no rule can pass by seeing nothing.
"""

import ast
import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
LECTURES = PROJECT / "lectures"
PAGES = sorted(path.name for path in LECTURES.glob("[0-9][0-9]_*.md"))
LISTS = ("glossary.md", "bibliography.md")
SECTIONS = ("Common mistakes", "Try it", "Questions", "Further reading")
WORDS, PARAGRAPH = (1000, 2000), 100  # to be read on a page; in a paragraph
INCLUDED = 60  # lines of code that can be read on a page
KILOBYTES = {"svg": 60, "png": 150}
FENCE = re.compile(r"^(`{3,})([^\n]*)\n(.*?)^\1[ \t]*$", re.M | re.S)
# What is looked at and not read: formulas, tables, and the words of a picture.
SEEN = re.compile(r"^\$\$$.*?^\$\$$|^\|.*?$|!\[.*?\]\([^)]*\)", re.M | re.S)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
TARGET = re.compile(r"^\(([\w-]+)\)=$", re.M)


@dataclass
class Page:
    """A page's name, its text, and what can be read off it."""

    name: str
    text: str

    @property
    def is_lecture(self) -> bool:
        """Whether it teaches a topic: not the start, and no list."""
        return bool(re.match(r"(?!00)\d\d_", self.name))

    @property
    def prose(self) -> str:
        """The text without what stands in fences."""
        return FENCE.sub("", self.text)

    def fences(self, language: str):
        """(first line's number, rest of the fence's own line, what is in it)."""
        for found in FENCE.finditer(self.text):
            word, _, rest = found[2].partition(" ")
            if word == language:
                line = self.text.count("\n", 0, found.start(3)) + 1
                yield line, rest.strip(), found[3]

    def links(self):
        """(is a picture, text, target) of each link."""
        for mark, text, target in LINK.findall(self.prose):
            yield bool(mark), text, target

    def section(self, title: str) -> str:
        """What stands under a heading, "" without it."""
        found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", self.text, re.M | re.S)
        return found[1] if found else ""


def page_of(name: str) -> Page:
    """Reads a page."""
    return Page(name, (LECTURES / name).read_text(encoding="utf-8"))


def has_its_parts(page):
    """Title, sections in their order, three questions or more, code, a source."""
    if not re.match(r"# \S", page.text):
        yield "begins without a title"
    if not page.is_lecture:
        return
    headings = re.findall(r"^## (.+)$", page.prose, re.M)
    if tuple(headings[-len(SECTIONS) :]) != SECTIONS:
        yield f"must end with the sections {SECTIONS}; has {headings}"
    if page.section("Questions").count(":::{dropdown} ") < 3:
        yield "has fewer than three questions with folded answers"
    for title in ("Common mistakes", "Further reading"):
        if not re.search(r"^- ", page.section(title), re.M):
            yield f"lists nothing under '{title}'"
    if "](../notebooks/" not in page.section("Try it"):
        yield "its 'Try it' links to no notebook"
    if "](bibliography.md#" not in page.text:
        yield "names no paper"
    if not list(page.fences("python")):
        yield "has no code that runs"
    if not any(is_picture for is_picture, _, _ in page.links()):
        yield "has no figure"


def can_be_read_in_one_sitting(page):
    """Neither too short nor too long, and no wall of text."""
    words = len(SEEN.sub("", page.prose).split())
    if page.is_lecture and not WORDS[0] <= words <= WORDS[1]:
        yield f"has {words} words, and should have {WORDS[0]} to {WORDS[1]}"
    for paragraph in re.split(r"\n\s*\n", page.prose):
        words = paragraph.split()
        if len(words) > PARAGRAPH and not re.match(r"\s*[-|\d$:(]", paragraph):
            yield f"has a paragraph of {len(words)} words: {' '.join(words[:6])} …"


def folds_are_closed(page):
    """Each `:::{…}` has its `:::`, and each fence of code its end."""
    colons = re.findall(r"^(:{3,})(\{?)", page.prose, re.M)
    depth = []
    for marks, brace in colons:
        if brace:
            depth.append(marks)
        elif not depth or depth.pop() != marks:
            yield f"{marks} closes nothing"
    if depth:
        yield f"{len(depth)} of its {len(colons)} ::: are never closed"
    if "```" in page.prose:
        yield "a fence of ``` is never closed"


def pictures_are_whole(page):
    """A figure has a light and a dark twin, and an alt text; both are drawn here."""
    for is_picture, alt, target in page.links():
        if not is_picture:
            continue
        found = re.fullmatch(r"figures/([\w-]+)-light\.(svg|png)", target)
        if not found:
            yield f"{target}: a picture is figures/NAME-light.svg or .png"
            continue
        name, kind = found.groups()
        if name not in drawings() or drawings()[name].kind != kind:
            yield f"{target}: no function of figures/fig_*.py draws it"
        if len(alt.split()) < 5:
            yield f"{target}: its alt text says too little: {alt!r}"
        for look in ("light", "dark"):
            path = LECTURES / f"figures/{name}-{look}.{kind}"
            if not path.is_file():
                yield f"{path.name} is missing"
            elif path.stat().st_size > 1024 * KILOBYTES[kind]:
                yield f"{path.name} is larger than {KILOBYTES[kind]} kB"


def included_code_exists(page):
    """Code is included by the name of an object, which is there and short."""
    for line, path, options in page.fences("{literalinclude}"):
        where = f"{page.name}:{line}: {path}"
        chosen = dict(re.findall(r"^:([\w-]+): *(.*)$", options, re.M))
        if not (LECTURES / path).is_file():
            yield f"{where} does not exist"
            continue
        source = (LECTURES / path).read_text(encoding="utf-8")
        if "pyobject" in chosen:
            length = length_of(chosen["pyobject"], source)
        elif {"start-at", "end-before"} <= set(chosen) and "lines" not in chosen:
            first, last = (source.find(chosen[k]) for k in ("start-at", "end-before"))
            length = source.count("\n", first, last) if 0 <= first < last else 0
        else:
            yield f"{where} needs a :pyobject:, or :start-at: and :end-before:"
            continue
        if not 0 < length <= INCLUDED:
            yield f"{where} has {length} lines of {chosen}; 1 to {INCLUDED} are good"


def length_of(dotted: str, source: str) -> int:
    """Lines of a class or function, 0 where there is none: `Class.method`."""
    node = ast.parse(source)
    kinds = ast.ClassDef | ast.FunctionDef
    for name in dotted.split("."):
        inner = [n for n in node.body if isinstance(n, kinds) and n.name == name]
        if not inner:
            return 0
        node = inner[0]
    return node.end_lineno - node.lineno + 1


def links_lead_somewhere(page):
    """A link's file exists, and in it the place; notebooks are the house's to check."""
    for _, _, target in page.links():
        if re.match(r"https?://|\.\./notebooks/", target):
            continue
        path, _, anchor = target.partition("#")
        file = LECTURES / path if path else None
        if file and not file.exists():
            yield f"{target}: there is no such file"
        elif anchor:
            text = file.read_text(encoding="utf-8") if file else page.text
            if anchor not in places(text):
                yield f"{target}: there is no such place"


def places(text: str) -> set[str]:
    """What a link can lead to: targets, and headings as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M)
    slugs = {
        re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in headings
    }
    return slugs | set(TARGET.findall(text))


def entries_are_in_order(page):
    """A list's entries are in alphabetical order, each there once."""
    if page.name in LISTS:
        names = TARGET.findall(page.text)
        if not names:
            yield "has no entry"
        for before, after in zip(names, names[1:], strict=False):
            if not before < after:
                yield f"{after} stands after {before}"


def drawings() -> dict:
    """Every figure that the scripts of `lectures/figures` draw, by name."""
    folder = str(LECTURES / "figures")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("draw").load()
    finally:
        sys.path.remove(folder)


TITLE = "# Title\n\n"
FOLDED = ":::{dropdown} Why?\nSo.\n:::\n"
WHOLE = f"""{TITLE}A sentence, [a paper](bibliography.md#a-2020).

![Two curves that cross in the middle](figures/rates-light.svg)

```python
x = 1
```

## Common mistakes

- One.

## Try it

[notebook 05](../notebooks/05_diffusion.ipynb)

## Questions

{FOLDED * 3}
## Further reading

- More.
"""
PICTURE = "![Two curves that cross here](figures/{})"
INCLUDE = TITLE + "```{{literalinclude}} ../keras_gen/latents.py\n{}\n```\n"
BREACHES = [
    *((has_its_parts, WHOLE.replace(part, "")) for part in WHOLE.split("\n\n")),
    (has_its_parts, WHOLE.replace(":::{dropdown}", ":::{note}", 1)),
    (can_be_read_in_one_sitting, WHOLE),
    (can_be_read_in_one_sitting, WHOLE + "word " * 2300),
    (can_be_read_in_one_sitting, "\n\n".join(["word " * 101] * 10)),
    (folds_are_closed, ":::{dropdown} Why?\nSo.\n"),
    (folds_are_closed, "::::{dropdown} Why?\nSo.\n:::\n"),
    (folds_are_closed, ":::\n"),
    (folds_are_closed, "```python\nx = 1\n"),
    (pictures_are_whole, PICTURE.format("rates-dark.svg")),
    (pictures_are_whole, PICTURE.format("rates-light.png")),
    (pictures_are_whole, PICTURE.format("nothing-light.svg")),
    (pictures_are_whole, "![rates](figures/rates-light.svg)"),
    (included_code_exists, INCLUDE.format("")),
    (included_code_exists, INCLUDE.format(":lines: 1-4")),
    (included_code_exists, INCLUDE.format(":pyobject: nothing")),
    (included_code_exists, INCLUDE.format(":start-at: import\n:end-before: nothing")),
    (included_code_exists, INCLUDE.format(":pyobject: x").replace("latents", "lost")),
    (links_lead_somewhere, "[x](nothing.md)"),
    (links_lead_somewhere, "[x](notation.md#nothing)"),
    (links_lead_somewhere, "[x](#nothing)"),
    (entries_are_in_order, "(b)=\nB.\n\n(a)=\nA.\n"),
    (entries_are_in_order, "(a)=\nA.\n\n(a)=\nA.\n"),
    (entries_are_in_order, "nothing"),
]
RULES = sorted({rule for rule, _ in BREACHES}, key=lambda rule: rule.__name__)


@pytest.mark.parametrize("name", [*PAGES, *LISTS])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_page_keeps_rule(rule, name):
    violations = list(rule(page_of(name)))
    assert not violations, f"{name}: {rule.__doc__}\n" + "\n".join(violations)


@pytest.mark.parametrize(("rule", "bad"), BREACHES)
def test_rule_sees_breach(rule, bad):
    name = LISTS[0] if rule is entries_are_in_order else "05_diffusion.md"
    assert list(rule(Page(name, bad)))


def test_rules_accept_a_good_page():
    text = WHOLE + "\n\n".join(["word " * 90] * 12) + "\n[t](notation.md#notation)\n"
    text += INCLUDE.format(":pyobject: attribute_direction").replace(TITLE, "")
    text = text.replace("bibliography.md#a-2020", "decisions.md#decisions")
    page = Page("05_diffusion.md", text)
    rules = [rule for rule in RULES if rule is not has_its_parts]
    assert [v for rule in rules for v in rule(page)] == []
    assert list(has_its_parts(page)) == ["names no paper"]


def test_figures_in_the_folder_are_drawn_by_a_script():
    """A figure whose function is gone would stay as it is for ever."""
    for path in (LECTURES / "figures").glob("*-*.*"):
        name, look = path.stem.rsplit("-", 1)
        assert name in drawings(), f"{path.name} is drawn by no function"
        assert look in ("light", "dark")


@pytest.mark.parametrize("name", PAGES)
def test_code_of_the_page_runs(name, tmp_path, monkeypatch):
    """All blocks in order, in one namespace, as a student would run them."""
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "lecture"}
    for line, _, code in page_of(name).fences("python"):
        placed = "\n" * (line - 1) + code  # so that an error names the page's line
        exec(compile(placed, LECTURES / name, "exec"), namespace)
