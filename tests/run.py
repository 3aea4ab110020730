"""Runs the whole suite: linter, spelling, then every test on every backend.

    python tests/run.py                       both backends, 4 workers at most
    python tests/run.py tests/test_vae.py     other arguments go to pytest

The environment chooses, as in: BACKENDS=jax WORKERS=1 python tests/run.py
"""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BACKENDS = os.environ.get("BACKENDS", "tensorflow jax").split()
# One more than cores, as some wait for boxes, browsers and kernels; each may take 3 GB.
WORKERS = os.environ.get("WORKERS", str(min(4, (os.cpu_count() or 1) + 1)))

# In prose, which is what stands in no code; papers have the titles that they have.
BRITISH = ("--dictionary", "tests/british.txt", "--ignore-multiline-regex")
BRITISH += ("```.*?```|`[^`]*`", "--skip", "bibliography.md,*.py,*.svg,*.css")
BRITISH += ("README.md", "benchmarks/README.md", "lectures", "site")


def run(title: str, *command: str, **environment: str) -> bool:
    """Runs `python -m COMMAND`, and tells whether it succeeded."""
    print(f"\n=== {title}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=PROJECT, env=os.environ | environment
    )
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Runs everything, also after a failure, and returns the exit code."""
    passed = {
        "ruff check": run("ruff check", "ruff", "check", "."),
        "ruff format": run("ruff format", "ruff", "format", "--check", "."),
        "spelling": run("codespell", "codespell_lib"),
        "British spelling": run("codespell of prose", "codespell_lib", *BRITISH),
    }
    for backend in BACKENDS:
        # A file stays on one worker: its tests share trained models and compilations.
        pytest = ["pytest", "-n", WORKERS, "--dist", "loadfile", *arguments]
        passed[backend] = run(f"pytest on {backend}", *pytest, KERAS_BACKEND=backend)
    failed = [name for name, ok in passed.items() if not ok]
    if failed:
        print("Failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
