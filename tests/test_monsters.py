"""Whatever a worker answers, a check has a verdict on it, and it is not the grader's.

A submission that has taken over its worker can answer anything that the wire carries.
Here right answers are recorded, and one after the other is replaced by a monster.
"""

import itertools
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gen.exercises.registry import checks_of
from keras_gen.exercises.student import Student
from keras_gen.grading import source
from keras_gen.grading.grade import Session
from keras_gen.grading.operations import Operations
from keras_gen.grading.results import Settings

HERE = Path(__file__).parent
RIGHT = {"gan": "whole__terse", "metrics": "whole__numpy"}
HONEST = ("failed", "error", "protocol", "missing")
SAME = ("true", "booleans", "all true", "kept", "all one more", "all transposed")
NAN = np.full((2, 3), np.nan)

MONSTERS = {
    "nothing": ({}, {}),
    "none": ({"value": None}, {}),
    "string": ({"value": "passed"}, {}),
    "long string": ({"value": "9" * 100_000}, {}),
    "bare list": ({"value": [1, 2]}, {}),
    "huge int": ({"value": 10**4000}, {}),
    "true": ({"value": True}, {}),
    "float": ({"value": 1e308}, {}),
    "two kinds": ({"value": {"array": "0", "kept": 1}}, {"0": np.zeros(2)}),
    "no kind": ({"value": {}}, {}),
    "strange kind": ({"value": {"name": "x"}}, {}),
    "no such array": ({"value": {"array": "1"}}, {"0": np.zeros(2)}),
    "array of list": ({"value": {"array": [1]}}, {}),
    "kept": ({"value": {"kept": 0}}, {}),
    "kept text": ({"value": {"kept": "x" * 1000}}, {}),
    "kept list": ({"value": {"kept": [[[]]]}}, {}),
    "kept huge": ({"value": {"kept": 10**4000}}, {}),
    "list of number": ({"value": {"list": 7}}, {}),
    "list of text": ({"value": {"list": "abc"}}, {}),
    "empty list": ({"value": {"list": []}}, {}),
    "dict of list": ({"value": {"dict": [1]}}, {}),
    "dict": ({"value": {"dict": {"loss": "x", "layers": {"list": [None]}}}}, {}),
    "nested": ({"value": {"list": [{"list": [{"list": [{"kept": 3}]}]}]}}, {}),
    "pair": ({"value": {"tuple": [None, None]}}, {}),
    "pair of lists": ({"value": {"tuple": [{"list": []}, {"list": []}]}}, {}),
    "ragged": ({"value": {"list": [{"list": [1, 2]}, {"list": [3]}]}}, {}),
    "nan": ({"value": {"array": "a"}}, {"a": NAN}),
    "infinite": ({"value": {"array": "a"}}, {"a": NAN * 0 + np.inf}),
    "no elements": ({"value": {"array": "a"}}, {"a": np.zeros((0, 3))}),
    "numbers": ({"value": {"array": "a"}}, {"a": np.arange(6).reshape(1, 2, 3)}),
    "large": ({"value": {"array": "a"}}, {"a": np.full((3, 4), 1e300)}),
    "half": ({"value": {"array": "a"}}, {"a": np.full(3, 6e4, "float16")}),
    "booleans": ({"value": {"array": "a"}}, {"a": np.ones((1, 1, 1), bool)}),
    "unsigned": ({"value": {"array": "a"}}, {"a": np.full((), 2**64 - 1, "uint64")}),
    "error": ({"error": "I failed", "where": "here"}, {}),
    "error of list": ({"error": [1], "where": {"a": 1}, "kind": ["x"]}, {}),
    "error kind": ({"error": "x", "kind": "harness_error"}, {}),
    "memory": ({"error": "x", "kind": 3, "value": 1}, {}),
}


def changed(change):
    """A monster that is made of the right answer's own arrays."""

    def make(header, arrays):
        return header, {name: change(one) for name, one in arrays.items()}

    return make


MONSTERS |= {
    "all nan": changed(lambda a: a * np.nan),
    "all infinite": changed(lambda a: a + np.inf),
    "all large": changed(lambda a: np.full(a.shape, 1e300)),
    "all float16": changed(lambda a: np.full(a.shape, 6e4, "float16")),
    "all true": changed(lambda a: np.ones(a.shape, bool)),
    "all int8": changed(lambda a: np.full(a.shape, -7, "int8")),
    "all longer": changed(lambda a: np.concatenate([np.ravel(a)] * 2)),
    "all one more": changed(lambda a: a[..., None]),
    "all transposed": changed(lambda a: np.asarray(a).T[..., None]),
    "all empty": changed(lambda a: np.zeros((0, *a.shape))),
}


class Stub:
    """Stands for a box that lives."""

    cpu_seconds, dead = 0.0, False

    def close(self):
        pass


class Replayed(Session):
    """A session whose student answers by `ask`."""

    def __init__(self, set, backend, ask):
        settings = Settings((set,), (backend,), seed=5)
        super().__init__(None, settings, backend, checks_of(set))
        self.ask = ask

    def _open(self):
        tensors = self.settings.sets != ("metrics",)
        self.box = Stub()
        self.student = Student(
            lambda header, arrays, seconds: self.ask(header, arrays),
            self.wanted,
            tensors,
        )


def recorded(set, check, namespace):
    """What a right answer answers to a check, request by request."""
    work, log = Operations(namespace), []

    def ask(header, arrays):
        log.append(work.answer(header, arrays))
        return log[-1]

    result = Replayed(set, keras.backend.backend(), ask).run(check)
    assert result.verdict == "passed", result.message
    return log[:-1]  # the last is `forget`


def replayed(log, number, monster):
    """An `ask` that repeats the log, but for one answer."""
    asked = iter(range(10**6))

    def ask(header, arrays):
        now = next(asked)
        if now == number:
            return monster(*log[now]) if callable(monster) else monster
        return log[min(now, len(log) - 1)]

    return ask


@pytest.mark.parametrize("set", RIGHT)
def test_monsters_get_honest_verdicts(set):
    path = HERE / "right_answers" / set / f"{RIGHT[set]}.py"
    namespace = source.new_namespace(f"monster_{set}")
    list(source.run([path.read_text(encoding="utf-8")], namespace))
    fooled = []
    for check in checks_of(set):
        log = recorded(set, check, namespace)
        for number, name in itertools.product(range(len(log)), MONSTERS):
            ask = replayed(log, number, MONSTERS[name])
            result = Replayed(set, keras.backend.backend(), ask).run(check)
            # An answer without arrays is not changed, and True is 1.
            same = not log[number][1] and callable(MONSTERS[name]) or name in SAME
            if result.verdict not in HONEST and not (
                same and result.verdict == "passed"
            ):
                told = result.verdict, result.message
                fooled.append((check.name, check.check, number, name, *told))
    assert not fooled, "\n".join(map(str, fooled))
