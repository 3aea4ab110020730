"""The site: built without a warning, its links lead somewhere, a browser likes it.

A rule takes `{path: Document}` and returns its violations, one line each. `BREACHES`
below holds a small bad site for every rule, so no rule can pass by seeing nothing.
"""

import functools
import html.parser
import http.server
import os
import posixpath
import re
import runpy
import subprocess
import sys
import threading
import types
from pathlib import Path
from urllib.parse import unquote, urlsplit

import keras
import pytest

import keras_gen

PROJECT = Path(__file__).resolve().parent.parent
BROWSER = runpy.run_path(str(Path(__file__).with_name("browser.py")))
START = "lectures/index.html"
OURS = ("search.html", "genindex.html", "index.html", "_modules/")
WIDTHS = (390, 1280)  # of a phone and of a desktop
# What a browser fetches by itself.
LOADS = {"script", "link", "img", "iframe", "source", "video", "audio", "embed", "use"}
# The same on each backend, so once is enough.
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tested on TensorFlow"
)


class Document(html.parser.HTMLParser):
    """A page's addresses: `ids`, `links` as (tag, address), `alts` of its pictures."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.alts, self.tags = set(), [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Notes what it has."""
        found = dict(attributes)
        self.tags.append(tag)
        self.ids |= {found["id"]} if "id" in found else set()
        self.links += [(tag, found[key]) for key in ("href", "src") if key in found]
        if tag == "img":
            self.alts[found["src"]] = found.get("alt") or ""


def pages(documents):
    """The pages among the files, in order."""
    return sorted((path, page) for path, page in documents.items() if page)


def links_lead_somewhere(documents):
    """The file of a link within the site is there, and in it the place."""
    for path, document in pages(documents):
        for _, address in document.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = posixpath.join(posixpath.dirname(path), unquote(parts.path))
            target = posixpath.normpath(target) if parts.path else path
            if target not in documents:
                yield f"{path}: {address}: there is no such file"
            elif parts.fragment and documents[target]:
                if unquote(parts.fragment) not in documents[target].ids:
                    yield f"{path}: {address}: there is no such place"


def addresses_are_well_formed(documents):
    """A link to elsewhere is https, with a host; whether it answers is not asked."""
    for path, document in pages(documents):
        for _, address in document.links:
            parts = urlsplit(address)
            is_https = parts.scheme == "https" and "." in parts.netloc
            if parts.scheme not in ("", "data", "mailto") and not is_https:
                yield f"{path}: {address}"


def nothing_comes_from_elsewhere(documents):
    """What a page loads lies beside it."""
    for path, document in pages(documents):
        for tag, address in document.links:
            parts = urlsplit(address)
            if tag in LOADS and (parts.netloc or parts.scheme not in ("", "data")):
                yield f"{path}: <{tag}> loads {address}"


def pictures_are_described(documents):
    """Every picture has an alternative text."""
    for path, document in pages(documents):
        for address, alt in document.alts.items():
            if len(alt.split()) < 2 or alt == address:
                yield f"{path}: {address} has the alternative text {alt!r}"


def code_is_set_as_code(documents):
    """An indented example in a docstring follows `::`; without it is a quotation."""
    for path, document in pages(documents):
        if "site/reference/" in path and "blockquote" in document.tags:
            yield f"{path}: has a quotation"


def parsed(**pages):
    """A site of pages, by their names without a suffix."""
    return {f"{name}.html": Document(text) for name, text in pages.items()}


IMG = '<img src="a.png" {}>'
BREACHES = [
    (links_lead_somewhere, parsed(a='<a href="b.html">b</a>')),
    (links_lead_somewhere, parsed(a='<a href="#x">x</a>')),
    (links_lead_somewhere, parsed(a='<a href="b.html#x">x</a>', b="<p id=y>")),
    (links_lead_somewhere, parsed(a='<img src="x/../b.png" alt="a b">')),
    (addresses_are_well_formed, parsed(a='<a href="http://a.org">a</a>')),
    (addresses_are_well_formed, parsed(a='<a href="https://readme">a</a>')),
    (nothing_comes_from_elsewhere, parsed(a='<script src="https://a.org/x.js">')),
    (nothing_comes_from_elsewhere, parsed(a='<link href="//a.org/x.css">')),
    (nothing_comes_from_elsewhere, parsed(a='<img src="https://a.org/x.png">')),
    (pictures_are_described, parsed(a=IMG.format(""))),
    (pictures_are_described, parsed(a=IMG.format('alt="a.png"'))),
    (code_is_set_as_code, {"site/reference/a.html": Document("<blockquote>x")}),
]
RULES = sorted({rule for rule, _ in BREACHES}, key=lambda rule: rule.__name__)


@pytest.mark.parametrize(("rule", "bad"), BREACHES)
def test_rule_sees_breach(rule, bad):
    assert list(rule(bad))


def test_rules_accept_a_good_site():
    links = '<a href="#x">x</a><a href="b.html#y">y</a><a href="https://a.org/b#c">'
    good = parsed(a=f'<p id=x>{links}<img src="b.html" alt="two words">', b="<p id=y>")
    assert [line for rule in RULES for line in rule(good)] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, just built."""
    out = tmp_path_factory.mktemp("built") / "site"
    command = [sys.executable, PROJECT / "site" / "build.py", "--out", out]
    done = subprocess.run(
        command, env=dict(os.environ), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def documents(site):
    """Its pages, parsed, and None for each other file."""
    return {
        path.relative_to(site).as_posix(): (
            Document(path.read_text("utf-8")) if path.suffix == ".html" else None
        )
        for path in site.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_site_keeps_rule(rule, documents):
    violations = list(rule(documents))
    assert not violations, f"{rule.__doc__}\n" + "\n".join(violations)


def test_styles_load_nothing_from_elsewhere(site, documents):
    found = 0
    for path in site.rglob("*.css"):
        text = path.read_text("utf-8")
        assert "@import" not in text
        for address in re.findall(r"""url\(["']?([^"')]+)""", text):
            assert address.startswith("data:") or (path.parent / address).is_file()
            found += 1
    assert found


def test_reference_has_every_public_name(documents):
    described = {one for _, page in pages(documents) for one in page.ids}
    for name in keras_gen.__all__:
        value = getattr(keras_gen, name)
        if not isinstance(value, types.ModuleType):
            full = re.compile(rf"keras_gen\.[a-z_.]+\.{name}")
            assert any(map(full.fullmatch, described)), name
            continue
        assert f"module-{value.__name__}" in described
        for one in getattr(value, "__all__", ()):
            assert f"{value.__name__}.{one}" in described


# -------------------------------------------------------------------- in a browser


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *words):
        """Says nothing."""


@pytest.fixture(scope="module")
def server(site):
    """The address of a plain static server of the site."""
    handler = functools.partial(Handler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


FORMULAS_ARE_SET = """() => {
  const all = document.querySelectorAll(".math").length;
  return document.querySelectorAll(".math mjx-container").length >= all;
}"""
MISSING_PICTURES = """() => [...document.images]
  .filter((image) => !image.naturalWidth).map((image) => image.src)"""


def faults_of(page):
    """What is wrong with the page that is open, one line each."""
    page.wait_for_load_state("load")
    page.wait_for_function(FORMULAS_ARE_SET)
    for error in page.locator("mjx-merror").all():
        yield f"formula: {error.get_attribute('title') or error.inner_text()}"
    for source in page.evaluate(MISSING_PICTURES):
        yield f"picture: {source}"
    if BROWSER["is_too_wide"](page):
        yield "it can be scrolled to the side"


@pytest.mark.parametrize("width", WIDTHS)
def test_all_pages_can_be_read_one_after_the_other(chromium, server, documents, width):
    """From the start page by the link "Next", until there is none."""
    size = {"width": width, "height": 900}
    read, wrong = [], []
    with BROWSER["opened"](chromium, server, viewport=size) as (page, faults):
        page.goto(server)
        page.wait_for_url(server + START)
        while True:
            read.append(page.url.removeprefix(server))
            wrong += [f"{read[-1]}: {fault}" for fault in faults_of(page)]
            wrong += [f"{read[-1]}: {fault}" for fault in faults]
            faults.clear()
            following = page.locator("a.next-page")
            if not following.count():
                break
            with page.expect_navigation():
                following.click()
    assert not wrong, "\n".join(wrong)
    written = {path for path, _ in pages(documents) if not path.startswith(OURS)}
    assert sorted(read) == sorted(written)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("from_disk", [False, True])
def test_search_finds_a_page(chromium, server, site, from_disk, width):
    home = f"{site.as_uri()}/" if from_disk else server
    size = {"width": width, "height": 900}
    with BROWSER["opened"](chromium, home, viewport=size) as (page, faults):
        page.goto(home + START)
        if width < 1000:
            page.locator("header .nav-overlay-icon").click()
        page.locator("input.sidebar-search").fill("manifold hypothesis")
        page.keyboard.press("Enter")
        found = page.locator("ul.search li a")
        found.first.wait_for()
        words = page.locator("ul.search .context")
        if not from_disk:
            assert "manifold" in words.first.inner_text().lower()
        names = [link.get_attribute("href") for link in found.all()]
        assert any("01_images_and_latent_spaces" in name for name in names)
        with page.expect_navigation():
            found.first.click()
        assert list(faults_of(page)) == [] and faults == []


def test_dark_mode_is_kept_and_has_its_own_pictures(chromium, server):
    settings = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
    with BROWSER["opened"](chromium, server, **settings) as (page, faults):
        page.goto(server + START)

        def state():
            shown = [
                page.locator(f"article img.only-{look}").first.is_visible()
                for look in ("light", "dark")
            ]
            paper = "getComputedStyle(document.body).backgroundColor"
            return shown, page.evaluate(paper)

        assert state() == ([True, False], "rgb(255, 255, 255)")
        for _ in range(3):  # as the system does, light, dark
            page.locator(".theme-toggle:visible").click()
            if page.evaluate("document.body.dataset.theme") == "dark":
                break
        assert state() == ([False, True], "rgb(19, 20, 22)")
        with page.expect_navigation():
            page.locator("a.next-page").click()
        assert page.evaluate("document.body.dataset.theme") == "dark"
        assert faults == []


def test_copied_code_has_no_prompts(chromium, server):
    rights = ["clipboard-read", "clipboard-write"]
    with BROWSER["opened"](chromium, server, permissions=rights) as (page, faults):
        page.goto(f"{server}site/reference/plots.html")
        block = page.locator("article .highlight").first
        assert block.inner_text().startswith(">>> import numpy")
        block.hover()
        block.locator("button.copybtn").click()
        page.locator("button.copybtn.success").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()").splitlines()
        assert copied[0] == "import numpy as np" and len(copied) == 4
        assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read(chromium, server, scheme):
    with BROWSER["opened"](chromium, server, color_scheme=scheme) as (page, _):
        for path in (START, "site/gallery.html", "site/reference/plots.html"):
            page.goto(server + path)
            assert page.evaluate(BROWSER["TOO_FAINT"]) == []
        page.add_style_tag(content="article { color: #7c7c7c !important }")
        assert page.evaluate(BROWSER["TOO_FAINT"])  # so it can see one
