"""`keras-gen grade`, as a teacher meets it."""

import csv
import json
import runpy
import sys
from pathlib import Path

import pytest

from keras_gen import cli
from keras_gen.grading import command, results

COHORT = runpy.run_path(str(Path(__file__).with_name("test_cohort.py")))


@pytest.fixture
def grade(tmp_path, monkeypatch):
    """`grade(*words)` runs the command with a fake grader; returns the exit code."""
    fake = COHORT["FAKE"].replace(
        'Path(settings.options["folder"])', f"Path({str(tmp_path / 'marks')!r})"
    )
    fake = fake.replace("cells[0]", "cells[0].strip('# \\n')")
    (tmp_path / "fake_grading_of_cli_test.py").write_text(fake)
    (tmp_path / "marks").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("fake_grading_of_cli_test", None)
    import fake_grading_of_cli_test

    function = fake_grading_of_cli_test.grade
    monkeypatch.setattr(command, "grading_function", lambda: function)
    monkeypatch.setattr(command, "find_tier", lambda: "bwrap-root")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()

    def run(*words, **cells):
        for name, word in cells.items():
            (tmp_path / "in" / f"{name}.py").write_text(f"# {word}\n")
        return cli.main(["grade", "--jobs", "1", *words, "in"])

    return run


def table(path="grades/grades.csv"):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_a_cohort_is_graded_and_told(grade, capsys):
    Path("roster.csv").write_text("id,name\nada,Ada L\nbob,Bob\neve,Eve\n")
    code = grade(
        "--set", "vae", "--roster", "roster.csv", ada="good", bob="bad", zed="x"
    )
    assert code == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[:4] == [
        "ada (Ada L): 100 of 100 (vae jax 100, vae tensorflow 100)",
        "bob (Bob): 0 of 100 (vae jax 0, vae tensorflow 0)",
        "eve (Eve): missing",
        "zed: 0 of 100 (vae jax 0, vae tensorflow 0) (not on the roster)",
    ]
    assert "Box bwrap-root, seed " in printed.out
    assert "3/3 zed" in printed.err
    assert table()["eve"]["status"] == "missing"
    assert Path("grades/students/ada.html").exists()
    assert Path("grades/results/ada.json").exists()


def test_all_sets_and_both_backends_are_the_default(grade):
    assert grade(ada="good") == 0
    row = table()["ada"]
    assert [name for name in row if " " in name] == [
        f"{set} {backend}"
        for set in ("vae", "diffusion", "text_to_image", "gan", "metrics")
        for backend in ("jax", "tensorflow")
    ]


def test_what_could_not_be_graded_is_exit_code_3_and_blank(grade, capsys):
    words = ("--set", "gan", "--backend", "jax")
    assert grade(*words, ada="good", bob="crash") == 3
    assert "1 of 2 could not be graded" in capsys.readouterr().err
    assert table()["bob"]["total"] == "" and table()["ada"]["total"] == "100"


def test_resume_keeps_the_seed_and_what_is_graded(grade, tmp_path):
    words = ("--set", "gan", "--backend", "jax")
    assert grade(*words, ada="good") == 0
    seed = json.loads(Path("grades/seed.json").read_bytes())["seed"]
    assert grade(*words, "--resume", bob="bad") == 0
    assert json.loads(Path("grades/seed.json").read_bytes())["seed"] == seed
    calls = [path.name for path in (tmp_path / "marks").iterdir()]
    assert sorted(calls) == ["ada.0", "bob.0"]
    assert grade(*words, "--seed", "5") == 0
    assert json.loads(Path("grades/seed.json").read_bytes())["seed"] == 5
    assert len(list((tmp_path / "marks").iterdir())) == 4


def test_the_self_test_leaves_a_run_s_seed_as_it_is(grade, monkeypatch):
    asked = []
    monkeypatch.setattr(command.self_test, "run", lambda *how: asked.append(how) or 1)
    assert cli.main(["grade", "--self-test"]) == 0
    assert len(asked) == 1 and not Path("grades").exists()
    assert grade("--set", "gan", "--seed", "5", ada="good") == 0
    assert cli.main(["grade", "--self-test"]) == 0
    assert json.loads(Path("grades/seed.json").read_bytes())["seed"] == 5


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--roster", "none.csv"], "Cannot read the roster"),
        (["nothing"], "no file or folder"),
        (["--assignment", "x"], "no .py"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_sentence(words, reason, grade, capsys):
    assert grade(*words) == 2
    error = capsys.readouterr().err
    assert reason in error and error.count("\n") == 1


def test_without_a_box_it_refuses(grade, monkeypatch, capsys):
    monkeypatch.setattr(command, "find_tier", lambda: "none")
    assert grade(ada="good") == 1
    assert "install bubblewrap" in capsys.readouterr().err
    monkeypatch.setattr(command, "find_tier", lambda: "landlock")
    assert grade() == 1
    assert "--allow-landlock. Landlock instead of bubblewrap" in capsys.readouterr().err
    assert grade("--set", "gan", "--allow-landlock") == 0
    assert "Box landlock, seed " in (said := capsys.readouterr().out)
    assert results.WEAKER["landlock"] in said


def test_ctrl_c_says_what_is_left(grade, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_graded", interrupt)
    assert grade(ada="good") == 1
    assert "--resume goes on" in capsys.readouterr().err


def test_no_backend_that_cannot_be_graded_is_taken(grade, capsys):
    with pytest.raises(SystemExit) as stop:
        grade("--backend", "torch")
    assert stop.value.code == 2
