"""What is asked of each name, as a list of checks, each of one behaviour::

    @check("kl_divergence", points=8, about="The KL of known Gaussians is right.")
    def value(student, rng):
        mean, log_var = ...
        compare(student.call("kl_divergence", mean, log_var), expected, wrong=...)

A check asks the student, compares with what it knows, and raises `Failed` with a
sentence.  It knows the right answer as a closed form in NumPy, and what the known wrong
variants would have answered: the first that fits is the hint.
"""

import dataclasses
import functools
import hashlib
import importlib
from collections.abc import Callable

import numpy as np

SETS = ("vae", "diffusion", "text_to_image", "gan", "metrics")


class Failed(Exception):
    """A check failed.

    Attributes:
        message: what was expected, what came, and the hint.
        misconception: short name of the known mistake that it looks like.
        shown: `(expected, got)` pictures, where they say more than words; or None.
    """

    def __init__(self, message: str, misconception: str = "", shown=None):
        super().__init__(message)
        self.message, self.misconception, self.shown = message, misconception, shown


@dataclasses.dataclass(frozen=True)
class Check:
    """One behaviour of one name.

    Attributes:
        set: one of `SETS`.
        name: of the exercise, as the contract has it; of a method, such as
            `"DiffusionModel.call"`.
        check: a word for the behaviour; with set and name it names the check.
        points: a set's sum to 100.
        about: what is asked, in one sentence.
        function: `(student, rng)`; raises `Failed`.
        graded_only: too slow for a notebook, or it would give the answer away.
    """

    set: str
    name: str
    check: str
    points: float
    about: str
    function: Callable
    graded_only: bool = False

    @property
    def defined(self) -> str:
        """The top-level name that a submission must define."""
        return self.name.partition(".")[0]

    def rng(self, seed: int) -> np.random.Generator:
        """The generator of its inputs: the same for each submission of a run."""
        word = f"{seed} {self.set} {self.name} {self.check}".encode()
        return np.random.default_rng(list(hashlib.sha256(word).digest()))


class Checks:
    """The checks of one set, in order.

    Args:
        set: its name.

    Example:

    >>> checks = Checks("vae")
    >>> @checks.check("kl_divergence", points=100, about="It is positive.")
    ... def positive(student, rng):
    ...     pass
    >>> [(check.name, check.check) for check in checks]
    [('kl_divergence', 'positive')]
    """

    def __init__(self, set: str):
        self.set, self._all = set, []

    def __iter__(self):
        return iter(self._all)

    def check(self, name: str, points: float, about: str, **how) -> Callable:
        """Decorates a function `(student, rng)`; the function's name is the check's."""

        def add(function):
            word = function.__name__.strip("_")
            made = Check(self.set, name, word, points, about, function, **how)
            if any((one.name, one.check) == (name, word) for one in self._all):
                raise ValueError(f"{name} has two checks called {word!r}.")
            self._all.append(made)
            return function

        return add


@functools.cache
def checks_of(set: str) -> tuple[Check, ...]:
    """The checks of a set.

    Args:
        set: one of `SETS`.

    Raises:
        ValueError: if there is no such set.
    """
    if set not in SETS:
        raise ValueError(f"set must be one of {', '.join(SETS)}; got {set!r}.")
    return tuple(importlib.import_module(f"keras_gen.exercises.{set}").checks)
