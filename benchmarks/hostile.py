"""Hostile submissions in each box, as root and as an ordinary user: what do they gain?

    python benchmarks/hostile.py [--boxes bwrap-root bwrap-user landlock] [--only 03 97]

Every file of `tests/hostile` is graded by the whole grader, as
`keras_gen.grading.hostile` does it: when it is loaded and, if it is not refused then,
when it is called, with wrong answers to all exercises of the set `metrics` and with
right ones. Counted are the files that have done harm, by its kind: points for wrong
answers, or a file of the grader's that is not as it was (false credit); a submission
without a whole row, or honest answers that lose points (lost row); texts of the
grader's in what the worker printed or answered (secret read); processes that are left;
and attacks that should be told and are not (other verdict). What is not a file there
(archives, links, gradients) is in `tests/test_hostile_files.py`.

Root runs both boxes of its own and, where Python is readable to everybody, an ordinary
user's: `tests/boxes.py` mounts it there. An ordinary user runs his two.
"""

import argparse
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

from keras_gen.grading import corpora, hostile
from keras_gen.grading.watch import HARMS, Watch

PROJECT = Path(__file__).resolve().parents[1]
TESTS = PROJECT / "tests"
KEYS = *HARMS, hostile.OTHER
HEAD = "| box | user | files | " + " | ".join(KEYS) + " | seconds |"


def main():
    """Prints a table, a row a box and user."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--boxes", nargs="+")
    options.add_argument("--only", nargs="+", help="numbers of the catalogue")
    options.add_argument("--row", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.row:
        print(row(given.row, given.only))
        return
    boxes = runpy.run_path(str(TESTS / "boxes.py"))
    is_root = os.geteuid() == 0
    rows = [("bwrap-root", None), ("landlock", None)] if is_root else []
    rows += [("bwrap-user", boxes["NOBODY"]), ("landlock", boxes["NOBODY"])]
    print(HEAD)
    print("| --- " * (HEAD.count("|") - 1) + "|", flush=True)
    for box, user in rows:
        if given.boxes and box not in given.boxes:
            continue
        words = ["python", "-B", "benchmarks/hostile.py", "--row", box]
        words += ["--only", *given.only] if given.only else []
        if is_root:
            command = boxes["elsewhere"](*words, user=user)
            values = boxes["environment"]()
        else:
            command, values = [sys.executable, *words[1:]], None
        subprocess.run(command, env=values, cwd=PROJECT, check=True)


def row(box: str, only) -> str:
    """Grades all files in one box, as this user."""
    start, total = time.monotonic(), dict.fromkeys(KEYS, 0)
    files = [one for one in corpora.hostile() if not only or number(one) in only]
    for one in files:
        found = attacked(one.cells[0], box)
        for kind in KEYS:
            total[kind] += any(kind == seen for seen, _ in found)
        for kind, words in found:
            print(f"{one.id}: {kind}: {words}", file=sys.stderr, flush=True)
    numbers = " | ".join(str(total[kind]) for kind in KEYS)
    seconds = time.monotonic() - start
    who = "root" if os.geteuid() == 0 else "ordinary"
    return f"| {box} | {who} | {len(files)} | {numbers} | {seconds:.0f} |"


def number(file) -> str:
    """A file's number in the catalogue."""
    return file.id.partition("/")[2].partition("_")[0]


def attacked(source: str, box: str) -> list:
    """The harm that a file has done."""
    backend = "tensorflow" if corpora.needs_keras(source, "tensorflow") else "jax"
    with Watch() as watch:
        found = hostile.graded_harms([watch.told(source)], watch, backend, box)
        return found + watch.harms()


if __name__ == "__main__":
    main()
