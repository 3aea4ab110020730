"""`check`, `check_all` and `mine_or_ours`: what a student asks, and is told at once.

The same checks as those that grade, on other numbers, in the student's own process; so
they say whether an answer is right, and no grade depends on them.
"""

import contextlib
import dataclasses
import logging
import sys
import types
import warnings
from collections.abc import Mapping

import numpy as np

from keras_gen import backend
from keras_gen.exercises.ours import ours, set_of
from keras_gen.exercises.pictures import compared
from keras_gen.exercises.registry import Check, Failed, checks_of
from keras_gen.exercises.student import Missing, Student, StudentError
from keras_gen.grading import beginning
from keras_gen.grading.operations import Operations

LATER = {0: "", 1: " One more runs only when it is graded."}
UNWRITTEN = "NotImplementedError"  # what a notebook's placeholder raises
_passed = {}  # name -> (what was checked last, whether it passed)


@dataclasses.dataclass(frozen=True)
class Told:
    """What one check says.

    Attributes:
        check: the check.
        message: what is wrong; empty where nothing is.
        picture: PNG of expected, got and difference; or None.
    """

    check: Check
    message: str = ""
    picture: bytes | None = None


def check(name: str, value=None, **others) -> None:
    """Checks one exercise, and prints what is right and what is not.

    Args:
        name: of the exercise, such as `"Sampler"`.
        value: what the student has written; None takes it from the caller's names.
        **others: other names of the set that it needs, if it does not know them itself.

    Raises:
        ValueError: if there is no such exercise.

    Example:

    >>> from keras import ops
    >>> def generator_loss(fake_logits):
    ...     return ops.sum(ops.softplus(-fake_logits))
    >>> check("generator_loss", generator_loss)
    generator_loss: 0 of 3 checks passed.
      ✗ It is the cross-entropy of the fakes against 1.
        Looks like a sum over the batch where a mean was meant: your loss is 6 times ...
    """
    set = set_of(name)
    if value is None:
        value = sys._getframe(1).f_globals.get(name)
    found = {} if value is None else {name: value, **others}
    _print(_told_of(found, set, [name]), found, set)


def check_all(names: Mapping, set: str) -> None:
    """Checks all exercises of a set that are there, and says which are not.

    Args:
        names: such as `globals()`.
        set: one of `SETS`.

    Raises:
        ValueError: if there is no such set.
    """
    wanted = list(dict.fromkeys(one.defined for one in checks_of(set)))
    _print(_told_of(names, set, wanted), names, set)


def mine_or_ours(name: str, mine=None):
    """What a student has written if it passes its checks, or else what we have.

    So a notebook runs to its end although an exercise is still open. Grading leaves
    this line out: it takes what the student has written.

    Args:
        name: of the exercise, such as `"Sampler"`.
        mine: what the student has written.

    Returns:
        `mine`, or the library's own; one printed line says which.

    Raises:
        ValueError: if there is no such exercise.

    Example:

    >>> def generator_loss(fake_logits):
    ...     raise NotImplementedError
    >>> generator_loss = mine_or_ours("generator_loss", generator_loss)
    generator_loss: ours is used, as yours is not written yet.
    """
    own = ours(name)
    if mine is own:
        print(f"{name}: ours is used. To use yours, run its cell again.")
        return own
    checked, passed = _passed.get(name, (None, False))
    if mine is None or checked is not mine:
        told = _told_of({} if mine is None else {name: mine}, set_of(name), [name])
        passed = _passes(told[name])
    if passed:
        print(f"{name}: yours is used.")
        return mine
    why = "does not pass its checks"
    if mine is None or _placeholders(mine):
        why = "is not written yet"
    print(f"{name}: ours is used, as yours {why}.")
    return own


def _passes(told) -> bool:
    return told is not None and not any(one.message for one in told)


def _placeholders(value) -> bool:
    """Whether a function, or a method of a class, is still a notebook's placeholder."""
    functions = vars(value).values() if isinstance(value, type) else [value]
    codes = [getattr(function, "__code__", None) for function in functions]
    while codes:
        code = codes.pop()
        if isinstance(code, types.CodeType):
            if UNWRITTEN in code.co_names:
                return True
            codes += code.co_consts
    return False


def _told_of(names, set, wanted) -> dict[str, list[Told] | None]:
    """For each wanted name what its checks say; None where it is not defined."""
    work = Operations(names)
    student = Student(lambda header, arrays, _: work.answer(header, arrays), names)
    seed = int(np.random.default_rng().integers(2**31))  # other numbers each time
    told = {}
    for name in wanted:
        if names.get(name) is None:
            told[name] = None
            continue
        visible = [c for c in checks_of(set) if c.defined == name and not c.graded_only]
        with _quiet(), quickly():
            told[name] = [_told(one, student, seed) for one in visible]
        _passed[name] = names[name], _passes(told[name])
    return told


@contextlib.contextmanager
def _quiet():
    """Without warnings on what a check does: many small models, each called once."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)


@contextlib.contextmanager
def quickly():
    """While the block runs, networks are built and compiled sooner."""
    undo = beginning.draw_by_numpy()
    try:
        with backend.quick_compilation():
            yield
    finally:
        undo()


def _told(one: Check, student, seed) -> Told:
    try:
        one.function(student, one.rng(seed))
    except Failed as failed:
        picture = None
        if failed.shown is not None:
            picture = compared(*failed.shown)
        return Told(one, failed.message, picture)
    except StudentError as error:
        where = f" ({error.where})" if error.where else ""
        return Told(one, f"It raised {error}{where}")
    except Missing as missing:
        return Told(one, f"It needs {missing}, which is not defined.")
    return Told(one)


def _print(told, names, set):
    for name, several in told.items():
        if several is None:
            print(f"{name}: not defined yet.")
            continue
        if names[name] is ours(name):
            print(f"{name}: this is ours. Run the cell with yours again to check it.")
            continue
        unwritten = all(UNWRITTEN in one.message for one in several)
        if unwritten and _placeholders(names[name]):
            print(f"{name}: not written yet.")
            continue
        right = sum(not one.message for one in several)
        hidden = sum(c.defined == name and c.graded_only for c in checks_of(set))
        more = LATER.get(hidden, f" {hidden} more run only when it is graded.")
        print(f"{name}: {right} of {len(several)} checks passed.{more}")
        for one in several:
            if one.message:
                print(f"  ✗ {one.check.about}\n    {one.message}")
                _show(one.picture)


def _show(picture):
    """In a notebook, the picture too."""
    if picture is None or "IPython" not in sys.modules:
        return
    with contextlib.suppress(ImportError):
        from IPython.display import Image, display

        display(Image(picture))
