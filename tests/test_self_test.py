"""The self-test says so when right answers lose marks, or mistakes and attacks pass."""

from pathlib import Path

import pytest

from keras_gen.exercises.registry import SETS
from keras_gen.grading import corpora, hostile, self_test, tiers, watch
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import CheckResult, Settings, without_checks

SETTINGS = Settings(("gan",), ("jax",), tier=tiers.best())


def graded(verdicts):
    """A stand-in for grading: file -> (verdict, misconception or harm)."""

    def grade_all(submissions, settings, jobs, function):
        found = []
        for one in submissions:
            verdict, word = verdicts.get(one.id, ("passed", ""))
            named = "gan", "loss", word or "value"
            check = CheckResult(*named, "jax", 100, verdict, misconception=word)
            result = without_checks(Submission(one.id), settings, "graded")
            found.append(result.__class__(**{**vars(result), "checks": (check,)}))
        return found

    return grade_all


@pytest.fixture
def home(tmp_path, monkeypatch):
    files = {
        "right_answers/gan/whole__book.py": "loss = abs\n",
        "misconceptions/gan/loss__sign.py": "# slug: sign\n\nloss = abs\n",
        "hostile/3_exit.py": "# expect: died\n",
        "hostile/19_read.py": "# expect: error\n# keras: jax\n",
    }
    for name, source in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
    monkeypatch.setattr(corpora, "HOME", tmp_path)


CAUGHT = {"gan/loss__sign": ("failed", "sign")}


@pytest.mark.parametrize(
    ("verdicts", "good", "said"),
    [
        (CAUGHT, True, "1 of 1    ok"),
        (CAUGHT, True, f"{' / '.join(watch.HARMS)}: 0 / 0 / 0 / 0    ok"),
        ({"gan/loss__sign": ("failed", "other")}, False, "0 of 1    NOT"),
        ({}, False, "gan/loss__sign: passed everything"),
        (
            {"gan/loss__sign": ("failed", "sign"), "gan/whole__book": ("died", "")},
            False,
            "gan/whole__book: loss value: died",
        ),
        (
            CAUGHT | {"hostile/3_exit": ("failed", watch.FALSE_CREDIT)},
            False,
            "process: 1 / 0 / 0 / 0    NOT",
        ),
        (
            CAUGHT | {"hostile/19_read": ("failed", watch.SECRET_READ)},
            False,
            "process: 0 / 0 / 1 / 0    NOT",
        ),
        (
            CAUGHT | {"hostile/3_exit": ("failed", hostile.OTHER)},
            False,
            "0 of 1    NOT",
        ),
    ],
)
def test_what_it_says(home, monkeypatch, verdicts, good, said):
    monkeypatch.setattr(self_test, "graded", graded(verdicts))
    lines = []
    assert self_test.run(SETTINGS, 1, lines.append) is good
    assert said in "\n".join(lines)


def test_what_could_not_be_tried_is_a_lost_row(home, monkeypatch):
    def crashed(submissions, settings, jobs, function):
        how = "harness_error", "its process ended"
        return [without_checks(one, settings, *how) for one in submissions]

    monkeypatch.setattr(self_test, "graded", crashed)
    lines = []
    assert not self_test.run(SETTINGS, 1, lines.append)
    assert "process: 0 / 2 / 0 / 0    NOT" in lines[-1]


def test_without_a_clone_it_says_what_is_missing(tmp_path):
    with pytest.raises(ValueError, match="tests/right_answers/gan: run it in a clone"):
        corpora.corpus(corpora.RIGHT, ["gan"], tmp_path)
    with pytest.raises(ValueError, match="tests/hostile: run it in a clone"):
        corpora.hostile(tmp_path)


def test_the_project_s_corpora_are_found():
    found = corpora.corpus(corpora.WRONG, ["gan"])
    stems = {one.id for one in found}
    here = Path(__file__).parent / corpora.WRONG / "gan"
    assert stems == {f"gan/{path.stem}" for path in here.glob("*.py")}


class Asked:
    """In the place of a box: everything passes."""

    def __init__(self, submission, settings, backend, checks):
        self.backend, self.notes = backend, ()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, check):
        which = check.set, check.name, check.check
        return CheckResult(*which, self.backend, check.points, "passed")


@pytest.mark.parametrize("folder", [corpora.RIGHT, corpora.WRONG])
def test_every_known_file_has_checks(folder, monkeypatch):
    """An answer to a class, too, whose checks have the names of its methods."""
    monkeypatch.setattr(self_test.grade, "Session", Asked)
    settings = Settings((), ("jax",), tier=tiers.best())
    for file in corpora.corpus(folder, SETS):
        assert self_test.grade_known(file, settings).checks, file.id


def test_every_hostile_file_is_tried():
    files = corpora.hostile()
    tried = [hostile.needing(one, files) for one in (None, "jax", "tensorflow")]
    assert {one.id for some in tried for one in some} == {one.id for one in files}
    here = Path(__file__).parent / "hostile"
    assert len(files) == len(list(here.glob("[0-9]*.py"))) >= 75
