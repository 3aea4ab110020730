"""From `pip install` to a grade, as a new student and a new teacher do it, with times.

    python benchmarks/newcomer.py [--backend jax tensorflow] [--set vae]

For each backend, a fresh environment: the package's wheel and what the lecture's first
page tells students to install with it, `keras-gen start`, the first notebook as it is,
the notebooks of a set with our solutions in them, `keras-gen submit`. The teacher, in
this environment, grades what was handed in, an untouched folder and one with a mistake
in it.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = {
    "vae": ["02"],
    "gan": ["03", "04"],
    "diffusion": ["05"],
    "text_to_image": ["06", "07"],
    "metrics": ["08"],
}
# What is handed in with a mistake: right in the notebook's place, wrong in its value.
MISTAKE = ("return 0.5 * ops.sum(", "return ops.sum(")


def main():
    """Prints a table, a row at a time."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--backend", nargs="+", default=["jax", "tensorflow"])
    options.add_argument("--set", default="vae", choices=NOTEBOOKS)
    given = options.parse_args()
    python(PROJECT / "notebooks" / "build.py")
    print("| backend | step | seconds | what came |\n| --- | --- | --- | --- |")
    for backend in given.backend:
        with tempfile.TemporaryDirectory() as folder:
            for step, seconds, came in steps(Path(folder), backend, given.set):
                print(f"| {backend} | {step} | {seconds:.0f} | {came} |", flush=True)


def steps(folder, backend, exercises):
    """Does it, and yields what was done, the seconds it took, and what came."""
    wheels, env, work = (folder / name for name in ("wheels", "env", "course"))
    building = ("--no-deps", "--no-build-isolation", "-w", wheels)
    python("-m", "pip", "wheel", "-q", *building, PROJECT)
    (wheel,) = wheels.glob("*.whl")
    python("-m", "venv", env)
    tools = env / ("Scripts" if os.name == "nt" else "bin")

    def student(*command):
        start = time.monotonic()
        variables = os.environ | {"KERAS_BACKEND": backend, "VIRTUAL_ENV": str(env)}
        variables |= {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [tools / command[0], *command[1:]],
            capture_output=True,
            text=True,
            cwd=folder,
            env=variables,
        )
        said = (done.stdout + done.stderr).strip().splitlines() or [""]
        if done.returncode not in (0, 3):
            raise RuntimeError("\n".join(said[-30:]))
        return time.monotonic() - start, said[-1]

    seconds, _ = student("pip", "install", "-q", f"{wheel}[all,notebooks]")
    size = sum(p.stat().st_size for p in env.rglob("*") if p.is_file()) / 2**30
    yield "`pip install`", seconds, f"{size:.1f} GB"
    seconds, _ = student("keras-gen", "start", work)
    yield "`keras-gen start`", seconds, f"{len(list(work.glob('*.ipynb')))} notebooks"
    first = min(work.glob("*.ipynb"))
    seconds, _ = student("jupyter", "execute", first)
    yield f"notebook {first.stem[:2]}, nothing solved", seconds, "runs to its end"
    chosen = NOTEBOOKS[exercises]
    seconds = 0.0
    for solved in sorted((PROJECT / "build" / "solutions").glob("*.ipynb")):
        if solved.stem[:2] in chosen:
            (work / solved.name).write_bytes(solved.read_bytes())
            seconds += student("jupyter", "execute", work / solved.name)[0]
    yield f"notebook {', '.join(chosen)}, solved", seconds, "runs to its end"
    submitted = folder / "submitted"
    submitted.mkdir()
    hand_in = ("keras-gen", "submit", work, "--set", exercises, "--name", "right")
    seconds, said = student(*hand_in, "--out", submitted / "right.zip")
    yield "`keras-gen submit`", seconds, said
    untouched = folder / "untouched"
    student("keras-gen", "start", untouched)
    _, _ = student(
        *("keras-gen", "submit", untouched, "--name", "untouched"),
        *("--out", submitted / "untouched.zip"),
    )
    if exercises == "vae":
        notebook = next(work.glob("02_*.ipynb"))
        text = notebook.read_text(encoding="utf-8")
        if MISTAKE[0] not in text:
            raise RuntimeError(f"{notebook.name} has no {MISTAKE[0]!r}.")
        wrong = submitted / "wrong.ipynb"
        wrong.write_text(text.replace(*MISTAKE), encoding="utf-8")
    start = time.monotonic()
    grades = folder / "grades"
    grade = ("-m", "keras_gen.cli", "grade", submitted, "--set", exercises)
    python(*grade, "--backend", backend, "--output", grades)
    with (grades / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    points = f"{exercises} {backend}"
    came = ", ".join(f"{row['id']} {row.get(points, row)}" for row in rows)
    yield f"`keras-gen grade`, {len(rows)} students", time.monotonic() - start, came


def python(*command):
    """Runs this environment's Python."""
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-1500:] + done.stderr[-1500:])


if __name__ == "__main__":
    main()
