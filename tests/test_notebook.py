"""What `check` and `check_all` tell a student in a notebook; and pytest's own way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from keras import ops

import keras_gen
from keras_gen.exercises.registry import SETS, checks_of

ROOT = Path(__file__).resolve().parent.parent
WHOLE = Path(__file__).parent / "right_answers" / "gan" / "whole__book.py"


def generator_loss(fake_logits):
    return ops.mean(ops.softplus(-fake_logits))


def test_what_is_right_is_told_in_a_line(capsys):
    keras_gen.check("generator_loss", generator_loss)
    assert capsys.readouterr().out == "generator_loss: 3 of 3 checks passed.\n"


def test_the_caller_s_own_name_is_found(capsys):
    keras_gen.check("generator_loss")
    assert "3 of 3" in capsys.readouterr().out


def test_a_mistake_is_told_with_its_hint(capsys):
    keras_gen.check("generator_loss", lambda logits: ops.mean(ops.softplus(logits)))
    told = capsys.readouterr().out
    assert told.startswith("generator_loss: 0 of 3 checks passed.\n")
    assert "Looks like the fakes against the label 0" in told


def test_an_error_is_told_and_no_traceback(capsys):
    keras_gen.check("generator_loss", lambda logits: 1 / 0)
    assert "It raised ZeroDivisionError: division by zero" in capsys.readouterr().out


def test_all_of_a_set(capsys):
    keras_gen.check_all({"generator_loss": generator_loss}, "gan")
    lines = capsys.readouterr().out.splitlines()
    assert "generator_loss: 3 of 3 checks passed." in lines
    assert "discriminator_loss: not defined yet." in lines


def test_names_that_there_are_not():
    with pytest.raises(ValueError, match="name must be one of .*; got 'sampler'"):
        keras_gen.check("sampler", print)
    with pytest.raises(ValueError, match="set must be one of vae, .*; got 'gans'"):
        keras_gen.check_all({}, "gans")


@pytest.mark.parametrize("name", SETS)
def test_the_points_of_a_set_are_100(name):
    assert sum(check.points for check in checks_of(name)) == pytest.approx(100)
    keys = [(check.name, check.check) for check in checks_of(name)]
    assert len(set(keys)) == len(keys)
    assert all(check.about.endswith(".") for check in checks_of(name))


def graded_by_pytest(path, *more):
    words = ["tests/exercises", "--submission", str(path), "--set", "gan", *more]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200
    )


def test_a_submission_s_checks_as_tests(tmp_path):
    source = WHOLE.read_text(encoding="utf-8")
    done = graded_by_pytest(WHOLE, "--backend", "jax")
    assert done.returncode == 0, done.stdout[-2000:]
    (tmp_path / "wrong.py").write_text(source + "\ngenerator_loss = abs\n", "utf-8")
    done = graded_by_pytest(tmp_path / "wrong.py", "--backend", "jax")
    assert done.returncode == 1
    assert "gan-generator_loss-value-jax" in done.stdout
    assert "gan-discriminator_loss-value-jax" not in done.stdout
