"""Whatever an answer is, a check has a verdict: never an error of its own.

Here the student is a liar that answers every question with one and the same monster.
"""

import numpy as np
import pytest

from keras_gen.exercises.registry import SETS, Failed, checks_of
from keras_gen.exercises.student import Missing, Student, StudentError

ARRAYS = {
    "a scalar": np.array(1.5),
    "nan": np.full((4, 8, 8, 1), np.nan),
    "infinite": np.full(6, np.inf),
    "empty": np.zeros((0, 3)),
    "integers": np.arange(12).reshape(3, 4),
    "booleans": np.ones((4, 1), bool),
    "huge": np.full((2, 2), 3e38, "float32"),
    "six axes": np.zeros((1, 1, 2, 1, 1, 2)),
}
VALUES = {
    "nothing": None,
    "text": "12 passed",
    "true": True,
    "a number": -1,
    "a huge number": 10**15,
    "an empty list": {"list": []},
    "nested lists": {"list": [{"list": [{"tuple": [1, None]}]}, "x"]},
    "ragged": {"list": [{"list": [1, 2]}, {"list": [1]}]},
    "a dict": {"dict": {"loss": 1, "layers": {"list": [1, "x"]}, "operations": None}},
    "an object": {"kept": 3},
    "an object of no number": {"kept": {"list": []}},
    "an array that is not there": {"array": "7"},
    "an array of no name": {"array": {"list": []}},
    "no kind": {"verdict": "passed"},
    "a pair of losses": {"tuple": [0.5, 0.5]},
}
MONSTERS = {
    **{name: ({"value": value}, {}) for name, value in VALUES.items()},
    **{
        name: ({"value": {"array": "0"}}, {"0": array})
        for name, array in ARRAYS.items()
    },
    "two arrays": (
        {"value": {"list": [{"array": "0"}, {"array": "1"}]}},
        {"0": np.zeros((4, 2)), "1": np.ones((4, 3))},
    ),
    "arrays in lists": (
        {"value": {"list": [{"list": [{"array": "0"}]}, {"list": [{"array": "0"}]}]}},
        {"0": np.zeros((6, 1))},
    ),
    "no answer": ({}, {}),
    "an error": ({"error": "ValueError: no", "kind": "error", "where": ""}, {}),
    "an error of no text": ({"error": ["x"], "kind": 7, "where": {"a": 1}}, {}),
}


@pytest.mark.parametrize("monster", MONSTERS)
@pytest.mark.parametrize("name", SETS)
def test_a_liar_gets_a_verdict(name, monster):
    answer, arrays = MONSTERS[monster]
    names = {check.defined for check in checks_of(name)}
    student = Student(lambda *_: (answer, arrays), names)
    with np.errstate(all="ignore"):
        for check in checks_of(name):
            with pytest.raises((Failed, StudentError, Missing)) as told:
                check.function(student, check.rng(0))
            assert str(told.value)
