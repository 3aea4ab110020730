"""Runs notebooks from a clean kernel, in full, and says how long each took.

    python notebooks/execute.py                     the solutions, on both backends
    python notebooks/execute.py build/solutions/02_autoencoders.ipynb

(or: make notebooks-full). What came out stands in `build/executed/`, with the backend
in its name. The environment chooses, as in: BACKENDS=jax COURSE_BUDGET=quick. One that
takes more than four minutes of the processor's time is too long for a student.
"""

import os
import sys
import time
from pathlib import Path

import nbclient
import nbformat

PROJECT = Path(__file__).resolve().parent.parent
SOLUTIONS = PROJECT / "build" / "solutions"
EXECUTED = PROJECT / "build" / "executed"
LONGEST = 240.0  # CPU seconds
PATIENCE = 900  # seconds for a cell, on a busy machine


def main(arguments: list[str]) -> int:
    """Runs the notebooks; the exit code is 1 where one failed or took too long."""
    paths = [Path(path) for path in arguments] or sorted(SOLUTIONS.glob("*.ipynb"))
    backends = os.environ.get("BACKENDS", "tensorflow jax").split()
    failed = not paths
    for path in paths:
        for backend in backends:
            start = os.times()
            try:
                made = execute(path, KERAS_BACKEND=backend)
            except nbclient.exceptions.CellExecutionError as error:
                print(f"{path.stem} on {backend} failed:\n{error}", flush=True)
                failed = True
                continue
            seconds = children(os.times()) - children(start)
            out = EXECUTED / f"{path.stem}.{backend}.ipynb"
            out.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(made, out)
            late = " (too long)" * (seconds > LONGEST)
            print(f"{path.stem} on {backend}: {seconds:.0f} CPU seconds{late}")
            failed |= bool(late)
    return int(failed)


def execute(path: Path, **environment: str):
    """A notebook with its outputs.

    Args:
        path: of the notebook.
        **environment: variables of its kernel.

    Raises:
        nbclient.exceptions.CellExecutionError: where a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3")
    return client.execute(env=os.environ | environment)


def children(times) -> float:
    """CPU seconds of the processes that have ended."""
    return times.children_user + times.children_system


if __name__ == "__main__":
    began = time.perf_counter()
    code = main(sys.argv[1:])
    print(f"{time.perf_counter() - began:.0f} seconds in all")
    sys.exit(code)
