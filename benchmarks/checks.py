"""How long does a student wait for `keras_gen.check`?

    KERAS_BACKEND=jax python benchmarks/checks.py      # TensorFlow without a choice

Every name of every set is checked twice in one process, with the first right answer to
the whole set of `tests/right_answers`: the first time compiles. A row a set: the sum,
and the name that took longest.
"""

import contextlib
import io
import os
import time
from pathlib import Path

RIGHT = Path(__file__).resolve().parent.parent / "tests" / "right_answers"


def seconds(check, name, answer):
    """What one check takes, and whether it passed."""
    printed, start = io.StringIO(), time.perf_counter()
    with contextlib.redirect_stdout(printed):
        check(name, answer)
    return time.perf_counter() - start, "✗" not in printed.getvalue()


def main():
    """Prints the table."""
    import keras

    import keras_gen
    from keras_gen.exercises.registry import checks_of

    print(f"Backend {keras.backend.backend()}\n")
    print("| set | names | first, all | first, slowest | again, all | again, slowest |")
    print("| --- " * 6 + "|")
    for folder in sorted(path for path in RIGHT.iterdir() if path.is_dir()):
        path = sorted(folder.glob("whole__*.py"))[0]
        defined = {"__name__": "submission"}
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), defined)
        names = dict.fromkeys(one.defined for one in checks_of(folder.name))
        row = f"| {folder.name} | {len(names)} |"
        for _ in range(2):
            took = {}
            for name in names:
                took[name], passed = seconds(keras_gen.check, name, defined[name])
                if not passed:
                    raise RuntimeError(f"{path}: {name} does not pass.")
            slowest = max(took, key=took.get)
            row += f" {sum(took.values()):.1f} | {slowest} {took[slowest]:.1f} |"
        print(row, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
