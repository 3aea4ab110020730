"""What a student is told in a notebook, and what is lent; and pytest's own way."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from keras import ops

import keras_gen
from keras_gen.exercises.ours import ours
from keras_gen.exercises.registry import SETS, checks_of
from keras_gen.exercises.student import Student
from keras_gen.grading import notebook
from keras_gen.grading.operations import Operations

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


def unwritten(fake_logits):
    raise NotImplementedError


class Unfinished:
    def call(self):
        raise NotImplementedError

    def other(self):
        return 3


def mine_or_ours(capsys, name, mine):
    capsys.readouterr()
    used = keras_gen.mine_or_ours(name, mine)
    return used, capsys.readouterr().out


def test_what_passes_is_used(capsys):
    used, told = mine_or_ours(capsys, "generator_loss", generator_loss)
    assert used is generator_loss
    assert told == "generator_loss: yours is used.\n"


@pytest.mark.parametrize("mine", [unwritten, None])
def test_what_is_open_is_borrowed(capsys, mine):
    used, told = mine_or_ours(capsys, "generator_loss", mine)
    assert used is ours("generator_loss")
    assert told == "generator_loss: ours is used, as yours is not written yet.\n"


def test_what_is_wrong_is_borrowed(capsys):
    used, told = mine_or_ours(capsys, "generator_loss", lambda logits: logits)
    assert used is ours("generator_loss")
    assert told == "generator_loss: ours is used, as yours does not pass its checks.\n"


def test_what_was_borrowed_is_no_answer(capsys):
    used, told = mine_or_ours(capsys, "generator_loss", ours("generator_loss"))
    assert used is ours("generator_loss")
    assert told.startswith("generator_loss: ours is used. To use yours, run")
    keras_gen.check("generator_loss", used)
    assert capsys.readouterr().out.startswith("generator_loss: this is ours.")


def test_a_check_is_not_made_twice_for_one_answer(capsys, monkeypatch):
    keras_gen.check("generator_loss", generator_loss)
    monkeypatch.setattr(notebook, "_told_of", None)
    used, _ = mine_or_ours(capsys, "generator_loss", generator_loss)
    assert used is generator_loss


def test_a_new_answer_is_checked_anew(capsys):
    keras_gen.check("generator_loss", generator_loss)
    used, _ = mine_or_ours(capsys, "generator_loss", lambda logits: logits)
    assert used is ours("generator_loss")


def test_an_open_exercise_is_told_in_a_line(capsys):
    keras_gen.check("generator_loss", unwritten)
    assert capsys.readouterr().out == "generator_loss: not written yet.\n"


def test_placeholders_are_seen_in_methods_and_within_functions():
    assert notebook._placeholders(Unfinished)
    assert notebook._placeholders(lambda: [unwritten, lambda: NotImplementedError])
    assert not notebook._placeholders(generator_loss)
    assert not notebook._placeholders(3)


def test_a_check_s_own_warnings_are_none_of_the_student_s(capsys):
    def warns(fake_logits):
        warnings.warn("many small models", stacklevel=2)
        return generator_loss(fake_logits)

    keras_gen.check("generator_loss", warns)
    assert "3 of 3" in capsys.readouterr().out


def test_ours_is_asked_for_by_an_exercise_s_name():
    with pytest.raises(ValueError, match="name must be one of .*; got 'sampler'"):
        keras_gen.mine_or_ours("sampler", print)


# Those two draw as the library does, which clips each step.
CLIPS = "DiffusionModel", "TextConditionedDiffusionModel"


@pytest.mark.parametrize("name", SETS)
@pytest.mark.filterwarnings("ignore")
def test_ours_passes_the_checks(name):
    names = {check.defined: ours(check.defined) for check in checks_of(name)}
    work = Operations(names)
    student = Student(lambda head, arrays, _: work.answer(head, arrays), names)
    for check in checks_of(name):
        if check.defined not in CLIPS:
            check.function(student, check.rng(3))
            student.forget()


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
