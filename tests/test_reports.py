"""Reports: complete, the same for the same grades, and safe whatever a box has said."""

import csv
import dataclasses
import html.parser
import io
import json
import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from keras_gen.grading import reports, text
from keras_gen.grading.results import WEAKER, CheckResult, SubmissionResult
from keras_gen.grading.roster import Student

NASTY = (
    "=HYPERLINK(\"http://a.b\") <script>alert('1')</script> ]]> &amp; --> \x1b[31m\x00"
    "\u202e\u2066\ud800\ufffe\x85\u2028 ::set-output name=a::b \x7f\x9b {0} %s\r\n\t"
)
VOID = {"meta", "img", "br", "hr", "input", "link"}


def png(color=128):
    buffer = io.BytesIO()
    Image.new("L", (30, 10), color).save(buffer, "png")
    return buffer.getvalue()


def check(name, verdict="passed", backend="jax", points=50, **more):
    more = {"check": "value", "about": f"{name} is right.", **more}
    return CheckResult(
        "vae", name, backend=backend, points=points, verdict=verdict, **more
    )


def result(name, *checks, **more):
    more = {"name": name.title(), "backends": ["jax", "tensorflow"], **more}
    versions = {"numpy": "2", "keras": "3.15"}
    return SubmissionResult(
        name, "ab" * 32, ["vae"], seed=7, tier="bwrap-root", versions=versions,
        checks=checks, **more,
    )  # fmt: skip


def both(name, verdicts, **more):
    return [
        check(name, verdict, backend, **more)
        for verdict, backend in zip(verdicts, ("jax", "tensorflow"), strict=True)
    ]


def cohort():
    wide = {"message": "Expected 2.7,\ngot 7.4.", "misconception": "no 0.5"}
    return [
        result("ada", *both("Sampler", ["passed"] * 2), *both("VAE", ["passed"] * 2)),
        result(
            "bob",
            *both("Sampler", ["failed"] * 2, **wide, picture=png(), alt="two clouds"),
            *both("VAE", ["passed", "timeout"], message="It took too long."),
            skipped=[f"line {i}: fit() — it trains" for i in range(1, 12)],
            files=["bob.ipynb"],
        ),
        result("cy", check("Sampler", "harness_error"), check("VAE", backend="jax")),
        result("dan", status="rejected", message="dan.py is a link, and not a file."),
        result("eve", status="missing"),
        result("zed", *both("Sampler", ["failed", "missing"], **wide)),
    ]


def nasty():
    """A submission whose every text is an attack."""
    one = CheckResult(
        NASTY, NASTY, NASTY, "jax", 100, "failed", NASTY, NASTY, NASTY, png(), NASTY,
        NASTY,
    )  # fmt: skip
    return SubmissionResult(
        NASTY, NASTY, [NASTY], ["jax"], 7, NASTY, {NASTY: NASTY}, [one], [NASTY] * 12,
        "graded", NASTY, NASTY, [NASTY],
    )  # fmt: skip


def read(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def written(tmp_path):
    roster = [Student("ada", "Ada", "ada@x.y")]
    reports.write(cohort(), tmp_path, roster, {"zed"}, "Exercise 1")
    return read(tmp_path)


def rows(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


class Page(html.parser.HTMLParser):
    """Tags, texts, and a stack that must come out even."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(content.decode("utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


# ----------------------------------------------------------------------------- tables


def test_grades_csv(written):
    found = rows(written["grades.csv"])
    assert found[0][:5] == ["id", "name", "vae jax", "vae tensorflow", "total"]
    by_id = {row[0]: row[2:6] for row in found[1:]}
    assert by_id == {
        "ada": ["100", "100", "100", "graded"],
        "bob": ["50", "0", "25", "graded"],
        "cy": ["", "", "", "harness_error"],
        "dan": ["0", "0", "0", "rejected"],
        "eve": ["", "", "", "missing"],
        "zed": ["0", "0", "0", "graded (not on roster)"],
    }


def test_grades_json_is_complete(written):
    made = json.loads(written["grades.json"])
    assert made["schema"] == 1
    by_id = {one["id"]: one for one in made["submissions"]}
    assert by_id["bob"]["total"] == 25 and by_id["zed"]["on_roster"] is False
    assert by_id["bob"]["points"][1] == {
        "set": "vae", "backend": "tensorflow", "points": 0,
    }  # fmt: skip
    keys = {"set", "name", "check", "backend", "points", "verdict", "message"}
    assert keys <= set(by_id["bob"]["checks"][0])
    assert {"seed", "tier", "versions", "sha256", "skipped"} <= set(by_id["bob"])


def test_junit(written):
    top = ElementTree.fromstring(written["junit.xml"])
    suites = {suite.get("name"): suite for suite in top}
    counts = {
        name: [int(s.get(k)) for k in ("tests", "failures", "errors", "skipped")]
        for name, s in suites.items()
    }
    assert counts["ada"] == [4, 0, 0, 0]
    assert counts["bob"] == [4, 2, 1, 0]
    assert counts["cy"] == [3, 0, 2, 0]
    assert counts["dan"] == [1, 0, 1, 0]
    assert counts["eve"] == [1, 0, 0, 1]
    first = suites["bob"].find("testcase/failure")
    assert first.get("message") == "Expected 2.7, got 7.4."


def test_gradescope(written):
    made = json.loads(written["gradescope/bob.json"])
    assert made["score"] == 25
    assert sum(test["max_score"] for test in made["tests"]) == 100
    assert sum(test["score"] for test in made["tests"]) == 25
    ours = json.loads(written["gradescope/cy.json"])
    assert "score" not in ours and "score" not in ours["tests"][0]
    assert "is a link" in json.loads(written["gradescope/dan.json"])["output"]


def test_weaker_box_is_told_wherever_there_is_room(tmp_path):
    weak = [dataclasses.replace(one, tier="landlock") for one in cohort()]
    reports.write(weak, tmp_path)
    written = {name: text_.decode() for name, text_ in read(tmp_path).items()}
    said = WEAKER["landlock"]
    for name in ("index.html", "students/ada.html", "junit.xml"):
        assert said in written[name], name
    assert said in json.loads(written["gradescope/ada.json"])["output"]
    header, first, *_ = rows(written["grades.csv"].encode())
    assert (header[-1], first[-1]) == ("box", "landlock")


def test_course_systems_get_no_strangers_and_no_silent_zero(written):
    canvas = rows(written["canvas.csv"])
    ids = ["ID", "SIS User ID", "SIS Login ID"]
    assert canvas[0] == ["Student", *ids, "Section", "Exercise 1"]
    grades = {row[3]: row[5] for row in canvas[2:]}
    assert grades == {"ada": "100", "bob": "25", "cy": "", "dan": "0", "eve": ""}
    moodle = rows(written["moodle.csv"])
    assert moodle[1] == ["ada", "Ada", "ada@x.y", "100", ""]
    assert moodle[2][3:] == ["25", "vae: Sampler; vae: VAE"]


# ------------------------------------------------------------------------------ pages


def test_a_students_page_says_all_there_is_to_say(written):
    page = Page(written["students/bob.html"])
    for words in (
        "25 of 100 points",
        "Bob: Exercise 1",
        "Sampler 0 of 50 on jax, 0 of 50 on tensorflow",
        "failed value on jax and tensorflow",
        "Expected 2.7, got 7.4.",
        "took too long value on tensorflow",
        "line 1: fit() — it trains",
        "3 more",
        "bob.ipynb",
        "abab",
        "bwrap-root",
        "keras 3.15, numpy 2",
    ):
        assert words in page.text, words
    assert [image["alt"] for image in page.all("img")] == ["two clouds"]
    assert "No grade yet" in Page(written["students/cy.html"]).text
    assert "dan.py is a link" in Page(written["students/dan.html"]).text
    assert "Nothing handed in" in Page(written["students/eve.html"]).text


def test_the_cohorts_page(written):
    page = Page(written["index.html"])
    for words in (
        "6 in all: 3 graded, 1 rejected, 1 nothing handed in, 1 no grade yet.",
        "Mean 41.7, median 25 of 100.",
        "run it again with --resume: cy.",
        "Not on the roster",
        "no 0.5 Sampler vae 2 Expected 2.7, got 7.4.",
    ):
        assert words in page.text, words
    links = [link["href"] for link in page.all("a")]
    assert len(links) == 6 and all(link in written for link in links)
    hardest = page.text.split("Hardest checks")[1]
    assert hardest.index("Sampler") < hardest.index("VAE")


def test_every_page_is_valid_and_accessible(written):
    for name, content in written.items():
        if not name.endswith(".html"):
            continue
        page = Page(content)
        tags = [tag for tag, _ in page.tags]
        assert content.startswith(b"<!doctype html>") and tags[0] == "html"
        assert page.tags[0][1] == {"lang": "en"}
        assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
        assert not {"script", "link", "iframe", "form"} & set(tags)
        assert not any(key.startswith("on") for _, a in page.tags for key in a)
        assert all(image["alt"].strip() for image in page.all("img"))
        assert all("scope" in head for head in page.all("th"))
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert b"prefers-color-scheme: dark" in content
        assert b"default-src 'none'" in content


def test_a_browser_sees_no_more_than_was_written(tmp_path, chromium):
    """It builds the same elements, and runs and loads nothing."""
    reports.write([nasty(), *cohort()], tmp_path, title=NASTY)
    page = chromium.new_page()
    for path in (tmp_path / "index.html", tmp_path / "students" / "bob.html"):
        page.goto(path.as_uri())
        seen = [tag for tag, _ in Page(page.content().encode()).tags]
        assert seen == [tag for tag, _ in Page(path.read_bytes()).tags]
    page.close()


# ----------------------------------------------------------------------------- safety


def test_whatever_a_box_says_is_harmless_everywhere(tmp_path):
    reports.write([nasty()], tmp_path, [], {NASTY}, title=NASTY)
    reports.write([nasty()], tmp_path / "known", title=NASTY)
    for name, content in read(tmp_path).items():
        found = content.decode("utf-8")  # a lone surrogate would not be
        allowed = "\n\r" if name.endswith(".csv") else "\n"
        bad = [c for c in found if text.plain(c, allowed) != c]
        assert bad == [], name
        assert re.fullmatch(r"[\w/.-]+", name)
        if name.endswith(".html"):
            tags = {tag for tag, _ in Page(content).tags}
            assert not tags & {"script", "b0"}
        elif name.endswith(".csv"):
            for row in rows(content):
                assert not any(value.startswith(text.FORMULAS) for value in row)
        elif name.endswith(".xml"):
            assert "]]>" not in ElementTree.fromstring(content).tag
        else:
            json.loads(content)


def test_a_negative_number_is_one_and_a_formula_is_text():
    assert text.cell(-3) == "-3"
    for start in ("=1", "+1", "-1", "@a", " =1", "\t=1", "\r=1"):
        assert not text.cell(start).startswith(text.FORMULAS)
    assert text.cell("Ada") == "Ada"


def test_a_picture_that_is_none_is_not_shown(tmp_path):
    one = check("VAE", "failed", picture=b"<svg onload=alert(1)>")
    reports.write([result("ada", one)], tmp_path)
    assert Page(read(tmp_path)["students/ada.html"]).all("img") == []


# ------------------------------------------------------------------------ sameness


def timed(seconds):
    return [
        dataclasses.replace(
            one,
            checks=[dataclasses.replace(c, seconds=seconds) for c in one.checks],
        )
        for one in cohort()
    ]


def test_the_same_grades_are_the_same_bytes_but_for_timings(tmp_path):
    for folder, found in (("a", timed(1.5)), ("b", timed(2.5)[::-1])):
        reports.write(found, tmp_path / folder, strangers={"zed"})
    one, two = read(tmp_path / "a"), read(tmp_path / "b")
    a, b = json.loads(one.pop("grades.json")), json.loads(two.pop("grades.json"))
    assert one == two
    assert a.pop("timings")["bob"]["vae jax"] == 3.0
    assert b.pop("timings")["bob"]["vae jax"] == 5.0
    assert a == b
