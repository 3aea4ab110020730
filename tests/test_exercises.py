"""The checks tell right answers, in any style, from what students get wrong.

Every answer of the two corpora is graded here by the checks of its name, in this
process; `tests/test_grade.py` grades some of them in a box.
"""

import warnings
from pathlib import Path

import keras
import pytest

from keras_gen.exercises.registry import Failed, checks_of
from keras_gen.exercises.student import Missing, Student, StudentError
from keras_gen.grading import corpora, source
from keras_gen.grading.notebook import quickly
from keras_gen.grading.operations import Operations

HOME = Path(__file__).parent
SEED = 11
pytestmark = pytest.mark.filterwarnings("ignore")  # a warning costs a student nothing


@pytest.fixture(scope="module", autouse=True)
def quick():
    """As in a notebook, and in a box."""
    with quickly():
        yield


def files(folder):
    return sorted((HOME / folder).glob("*/*.py"))


def mistakes():
    """All of them, or one in four where each operation must be compiled first.

    `keras-gen grade --self-test` grades all on both backends.
    """
    found = files("misconceptions")
    return found[::4] if keras.backend.backend() == "jax" else found


def student_of(path):
    namespace = source.new_namespace(f"answer_{path.stem.replace('.', '_')}")
    notes = list(source.run([path.read_text(encoding="utf-8")], namespace))
    assert not [note for note in notes if note.kind in ("failed", "syntax")], notes
    work = Operations(namespace)
    return Student(lambda header, arrays, _: work.answer(header, arrays), namespace)


def verdicts(path, name=None):
    """(name, check) -> None where passed, else (slug, message)."""
    student, found = student_of(path), {}
    for check in checks_of(path.parent.name):
        asked = name in (None, check.name, check.defined)
        if not asked or not student.has(check.defined):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of Keras, about the answer
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


@pytest.mark.parametrize("path", mistakes(), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_misconceptions_fail_and_are_told(path):
    text = path.read_text(encoding="utf-8")
    wrong = {k: v for k, v in verdicts(path, path.stem.partition("__")[0]).items() if v}
    if not corpora.goes_wrong(text, keras.backend.backend()):
        assert not wrong
        return
    assert wrong, "no check has caught it"
    assert corpora.hints(text) & {slug for slug, _ in wrong.values()}, wrong


def test_denoise_of_a_model_with_texts_has_any_name_and_signature(tmp_path):
    """The contract gives it none, so what it does is seen by what the U-Net gets."""
    path = HOME / "right_answers/text_to_image/TextConditionedDiffusionModel__zeros.py"
    text = path.read_text(encoding="utf-8").replace("denoise(", "apart(")
    assert "denoise" not in text
    (tmp_path / "text_to_image").mkdir()
    other = tmp_path / "text_to_image" / path.name
    other.write_text(text, encoding="utf-8")
    found = verdicts(other, "TextConditionedDiffusionModel")
    assert found and not any(found.values()), found


# On JAX a number of `keras.ops`, on the left of a symbol, raises an error (Keras 3.15).
BOOKS = "diffusion_schedule__book", "whole__book"
FUNCTIONAL = {
    "diffusion_schedule": [(1, 1, 1)],
    "add_noise": [(4, 6, 2), (4, 6, 2), (1, 1, 1), (1, 1, 1)],
}


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_no_check_of_a_formula_uses_symbols(name, backend):
    """`lectures/decisions.md` says why: the book's own schedule would fail on JAX."""
    refused = set()
    for path in files("right_answers"):
        student = student_of(path) if path.parent.name == "diffusion" else None
        if student is None or not student.has(name):
            continue
        try:
            student.functional(name, FUNCTIONAL[name])
        except StudentError as error:
            assert "KerasTensor" in str(error), error
            refused.add(path.stem)
    wanted = {*BOOKS} if (name, backend) == ("diffusion_schedule", "jax") else set()
    assert refused == wanted
