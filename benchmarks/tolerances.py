"""How much of its tolerance does a right answer use, check by check?

    KERAS_BACKEND=jax python benchmarks/tolerances.py      # TensorFlow without a choice

Every right answer of `tests/right_answers` is compared, for some seeds, as it is when
it is graded. A share of 1 would fail it; what stands here is the largest share of all
its answers and seeds: float32's rounding, and noise where a check compares averages.
"""

import argparse
import os
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np

from keras_gen.exercises.registry import SETS

TESTS = Path(__file__).resolve().parent.parent / "tests"


def share(answer, expected, rtol, atol):
    """The largest error in units of what is allowed.

    >>> round(share(np.array([1.0, 2.1]), np.array([1.0, 2.0]), 0.1, 0.0), 6)
    0.5
    """
    answer, expected = np.asarray(answer, "float64"), np.asarray(expected, "float64")
    if answer.shape != expected.shape or not answer.size:
        return 0.0
    with np.errstate(all="ignore"):
        allowed = atol + rtol * np.abs(expected)
        used = np.where(answer == expected, 0.0, np.abs(answer - expected) / allowed)
    return float(np.nanmax(used, initial=0.0))


def measured(sets, seeds):
    """For each check the largest share, and which answer has it."""
    sys.path.insert(0, str(TESTS))
    from test_exercises import student_of

    from keras_gen.exercises import comparing
    from keras_gen.exercises.registry import checks_of
    from keras_gen.grading import corpora

    plain, found, now = comparing.close, defaultdict(lambda: (0.0, "")), []

    def close(answer, expected, rtol=comparing.RTOL, atol=comparing.ATOL):
        fits = plain(answer, expected, rtol, atol)
        # Checks also ask whether a known mistake would be told apart at all.
        if fits and sys._getframe(1).f_code is comparing.compare.__code__:
            used = (share(answer, expected, rtol, atol), now[1])
            found[now[0]] = max(found[now[0]], used)
        return fits

    comparing.close = close
    for one in corpora.corpus(corpora.RIGHT, sets):
        set, _, stem = one.id.partition("/")
        student = student_of(TESTS / "right_answers" / f"{one.id}.py")
        name = stem.partition("__")[0]
        for check in checks_of(set):
            if name not in (corpora.WHOLE, check.name, check.defined):
                continue
            if not student.has(check.defined):
                continue
            now[:] = (set, check.name, check.check), stem
            for seed in range(seeds):
                check.function(student, check.rng(seed))
                student.forget()
    return found


def main():
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--set", nargs="+", default=SETS)
    options.add_argument("--seeds", type=int, default=3)
    options = options.parse_args()
    import keras
    from timing import machine

    warnings.simplefilter("ignore")
    print(f"Backend {keras.backend.backend()}; {machine()}; {options.seeds} seeds\n")
    print("| set | name | check | largest share of the tolerance | by |")
    print("| --- " * 5 + "|")
    for (set, name, check), (used, by) in measured(options.set, options.seeds).items():
        print(f"| {set} | {name} | {check} | {used:.2g} | {by} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
