"""The self-test says so when a right answer loses marks or a mistake is missed."""

from pathlib import Path

import pytest

from keras_gen.grading import self_test, tiers
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import CheckResult, Settings, without_checks

RIGHT, WRONG = "right_answers", "misconceptions"
SETTINGS = Settings(("gan",), ("jax",), tier=tiers.best())


def graded(verdicts):
    """A stand-in for grading: file -> (verdict, misconception)."""

    def grade_all(submissions, settings, jobs):
        found = []
        for one in submissions:
            verdict, slug = verdicts.get(one.id, ("passed", ""))
            check = CheckResult(
                "gan", "loss", "value", "jax", 100, verdict, misconception=slug
            )
            result = without_checks(Submission(one.id), settings, "graded")
            found.append(result.__class__(**{**vars(result), "checks": (check,)}))
        return found

    return grade_all


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder, stem in ((RIGHT, "whole__book"), (WRONG, "loss__sign")):
        (tmp_path / folder / "gan").mkdir(parents=True)
        source = "# slug: sign\n\nloss = abs\n"
        (tmp_path / folder / "gan" / f"{stem}.py").write_text(source, "utf-8")
    monkeypatch.setattr(self_test.corpus, "__defaults__", (tmp_path,))
    return tmp_path


@pytest.mark.parametrize(
    ("verdicts", "good", "said"),
    [
        ({"gan/loss__sign": ("failed", "sign")}, True, "1 of 1    ok"),
        ({"gan/loss__sign": ("failed", "other")}, False, "0 of 1    NOT"),
        ({}, False, "gan/loss__sign: passed everything"),
        (
            {"gan/loss__sign": ("failed", "sign"), "gan/whole__book": ("died", "")},
            False,
            "gan/whole__book: loss value: died",
        ),
    ],
)
def test_what_it_says(home, monkeypatch, verdicts, good, said):
    monkeypatch.setattr(self_test, "graded", graded(verdicts))
    lines = []
    assert self_test.run(SETTINGS, 1, lines.append) is good
    assert said in "\n".join(lines)


def test_without_a_clone_it_says_what_is_missing(tmp_path):
    with pytest.raises(ValueError, match="tests/right_answers/gan: run it in a clone"):
        self_test.corpus(RIGHT, ["gan"], tmp_path)


def test_the_project_s_corpora_are_found():
    found = self_test.corpus(WRONG, ["gan"])
    stems = {one.id for one in found}
    here = Path(__file__).parent / WRONG / "gan"
    assert stems == {f"gan/{path.stem}" for path in here.glob("*.py")}
