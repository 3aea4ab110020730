"""The checks tell right answers, in any style, from what students get wrong.

Every answer of the two corpora is graded here by the checks of its name, in this
process; `tests/test_grade.py` grades some of them in a box.
"""

from pathlib import Path

import keras
import pytest

from keras_gen.exercises.registry import Failed, checks_of
from keras_gen.grading import source
from keras_gen.grading.operations import Operations
from keras_gen.grading.student import Missing, Student, StudentError

HOME = Path(__file__).parent
SEED = 11
pytestmark = pytest.mark.filterwarnings("ignore")  # a warning costs a student nothing


def files(folder):
    return sorted((HOME / folder).glob("*/*.py"))


def header(path):
    """What the first lines of a file say, `# word: text`."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# ") or ":" not in line:
            break
        word, _, text = line[2:].partition(":")
        found[word] = text.strip()
    return found


def student_of(path):
    namespace = source.new_namespace(f"answer_{path.stem.replace('.', '_')}")
    notes = list(source.run([path.read_text(encoding="utf-8")], namespace))
    assert not [note for note in notes if note.kind in ("failed", "syntax")], notes
    work = Operations(namespace)
    jit = keras.backend.backend() == "jax"
    return Student(
        lambda header, arrays, _: work.answer(header, arrays), namespace, jit
    )


def verdicts(path, name=None):
    """(name, check) -> None where passed, else (slug, message)."""
    student, found = student_of(path), {}
    for check in checks_of(path.parent.name):
        if name not in (None, check.name) or not student.has(check.defined):
            continue
        try:
            check.function(student, check.rng(SEED))
            found[check.name, check.check] = None
        except Failed as failed:
            found[check.name, check.check] = failed.misconception, failed.message
        except (StudentError, Missing) as error:
            found[check.name, check.check] = "", f"{type(error).__name__}: {error}"
        student.forget()
    return found


@pytest.mark.parametrize(
    "path", files("right_answers"), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_right_answers_pass(path):
    name = path.stem.partition("__")[0]
    found = verdicts(path, None if name == "whole" else name)
    assert found
    assert not {key: told for key, told in found.items() if told}


@pytest.mark.parametrize(
    "path", files("misconceptions"), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_misconceptions_fail_and_are_told(path):
    name, _, slug = path.stem.partition("__")
    wrong = {key: told for key, told in verdicts(path, name).items() if told}
    assert wrong, "no check has caught it"
    assert slug in {misconception for misconception, _ in wrong.values()}, wrong
