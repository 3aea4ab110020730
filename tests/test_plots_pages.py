"""The page of all pictures: escaped, complete, at home in any folder."""

import html.parser
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from keras_gen import plots
from keras_gen.plots import Entry


def picture(width=20):
    return plots.grid(np.zeros((1, 10, width, 1), "uint8"), padding=0, scale=1)


class Page(html.parser.HTMLParser):
    """What the tests want to know about a page."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


NASTY = "<script>alert('1 & \"2\"')</script>{0}"


@pytest.fixture
def page(tmp_path):
    folder = tmp_path / "first"
    names = ["a.png", "sub/b & c#.png", "morph.gif"]
    for index, name in enumerate(names):
        plots.save(picture(800 if index == 1 else 20), folder / name)
    entries = [
        Entry(names[0], NASTY, NASTY, NASTY, NASTY),
        Entry(names[1], NASTY, "two", "a wide one"),
        Entry(names[2], "Other", "three", "a morph"),
    ]
    figures = {NASTY: NASTY, "loss": np.float32(0.123456), "count": 12345}
    path = plots.gallery(folder, entries, NASTY, NASTY, figures)
    return Page(path.rename(tmp_path / "index.html")), folder


def test_every_text_of_the_page_is_escaped(page):
    page, _ = page
    tags = {tag for tag, _ in page.tags}
    assert "script" not in tags and "link" not in tags
    # title, h1, note, one shared h2, text, checkpoint, table's name and value
    assert page.texts.count(NASTY) == 8
    assert page.all("img")[0]["alt"] == NASTY


def test_the_page_needs_nothing_but_its_folder(page):
    page, folder = page
    links = [image["src"] for image in page.all("img")]
    assert links == [link["href"] for link in page.all("a")]
    assert all((folder / unquote(urlsplit(link).path)).is_file() for link in links)
    assert all("src" not in a for tag, a in page.tags if tag != "img")
    assert not any("://" in text or "@import" in text for text in page.texts)


def test_every_picture_has_alternative_text_and_its_size(page):
    images = page[0].all("img")
    assert [image["alt"] for image in images][1:] == ["a wide one", "a morph"]
    sizes = [(image["width"], image["height"]) for image in images]
    assert sizes == [("20", "10"), ("800", "10"), ("20", "10")]
    assert [figure.get("class") for figure in page[0].all("figure")] == [
        None,
        "wide",
        None,
    ]


def test_the_page_says_what_a_checkpoint_made_and_shows_its_figures(page):
    page, _ = page
    text = " ".join(page.texts)
    assert "1 of 3 pictures: made with a shipped checkpoint" in text
    assert text.count("made in this run") == 3  # two marks and the note
    assert len(page.all("h2")) == 3  # neighbours share a section; the table's own
    assert {"0.1235", "12,345"} <= set(page.texts)


def test_a_page_of_this_run_alone_speaks_of_no_checkpoint(tmp_path):
    plots.save(picture(), tmp_path / "a.png")
    entry = Entry("a.png", "A", "a.", "a")
    page = plots.gallery(tmp_path, [entry], "T").read_text(encoding="utf-8")
    assert "checkpoint" not in page and "<table" not in page.split("</style>")[1]


def test_the_page_refuses_pictures_it_could_not_show(tmp_path):
    plots.save(picture(), tmp_path / "a.png")
    (tmp_path / "in").mkdir()
    for name in ("../a.png", str(tmp_path / "a.png")):
        with pytest.raises(ValueError, match="picture must lie inside"):
            plots.gallery(tmp_path / "in", [Entry(name, "A", "a", "a")], "T")
    with pytest.raises(FileNotFoundError, match="'b.png' is not in"):
        plots.gallery(tmp_path, [Entry("b.png", "A", "a", "a")], "T")
    with pytest.raises(ValueError, match="alt must say what 'a.png' shows"):
        plots.gallery(tmp_path, [Entry("a.png", "A", "a", " ")], "T")
    assert not (tmp_path / "index.html").exists()
