"""Hostile submissions in each box, as root and as an ordinary user: what do they gain?

    python benchmarks/hostile.py [--boxes bwrap-root bwrap-user landlock] [--only 03 97]

Every file of `tests/hostile` is graded four times by the whole grader: when it is
loaded and when it is called, with wrong answers to all exercises of the set `metrics`
and with right ones. Counted are points for wrong answers (false credit), submissions
without a row or with one that says that the grader failed (lost), texts of the grader's
files in what the worker printed or answered (secrets), files of the grader that are not
as they were (harm), processes that are left, and right answers graded after each attack
that do not get all points. What is not a file there (archives, links, gradients) is in
`tests/test_hostile_files.py`.

Root runs both boxes of its own and, where Python is readable to everybody, an ordinary
user's: `tests/boxes.py` mounts it there. An ordinary user runs his two.
"""

import argparse
import os
import runpy
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TESTS = PROJECT / "tests"
KEYS = "graded", "false credit", "lost", "secrets", "harm", "left", "after"
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
            command, values = boxes["elsewhere"](*words, user=user), {}
            values = boxes["environment"](GRADING_TIER=box)
        else:
            command = [sys.executable, *words[1:]]
            values = os.environ | {"GRADING_TIER": box}
        subprocess.run(command, env=values, cwd=PROJECT, check=True)


def row(box: str, only) -> str:
    """Grades all files in one box, as this user."""
    with tempfile.TemporaryDirectory() as folder:
        grades = Path(folder, "grades.csv")
        secret = secrets.token_hex(16)
        os.environ["GRADING_CANARY"] = str(grades)
        os.environ["GRADING_SECRET"] = secret  # in the environment, too
        grades.write_text(f"alice,100,{secret}\n")
        hostile = runpy.run_path(str(TESTS / "test_hostile_grades.py"))
        start, total = time.monotonic(), dict.fromkeys(KEYS, 0)
        paths = sorted((TESTS / "hostile").glob("[0-9]*.py"))
        paths = [p for p in paths if not only or p.name[:2] in only]
        for path in paths:
            found = attacked(path, hostile, grades, secret)
            for key, number in found.items():
                total[key] += number
            if bad := {k: v for k, v in found.items() if v and k != "graded"}:
                print(f"{path.stem}: {bad}", file=sys.stderr, flush=True)
    numbers = " | ".join(str(total[key]) for key in KEYS)
    seconds = time.monotonic() - start
    who = "root" if os.geteuid() == 0 else "ordinary"
    return f"| {box} | {who} | {len(paths)} | {numbers} | {seconds:.0f} |"


def attacked(path: Path, hostile: dict, grades: Path, secret: str) -> dict[str, int]:
    """What a file has gained, in the four ways."""
    grade, box, right = hostile["grade"], hostile["Brisk"], hostile["RIGHT"]
    source = hostile["boxes"]["hostile"](path)
    called = hostile["CALLED"].format(source=source)
    wrong, joined = hostile["SPOILED"], hostile["JOINED"]
    ways = (
        (hostile["loaded"]([path], wrong), True),
        ((called, right, wrong.format(needs="attack()")), True),
        (hostile["loaded"]([path], joined), False),
        ((called, right, joined.format(needs="attack()")), False),
    )
    backend = "tensorflow" if "\n# keras: tensorflow" in source else "jax"
    box.marks.clear()
    box.printed.clear()
    before, found = grades.read_bytes(), dict.fromkeys(KEYS, 0)
    kept = grade.Box, grade.STATEMENT, grade.RESTARTS
    for cells, is_wrong in ways:
        grade.Box, grade.STATEMENT, grade.RESTARTS = box, 0.5, 1
        try:
            result = hostile["graded"](*cells, backend=backend)
        finally:
            grade.Box, grade.STATEMENT, grade.RESTARTS = kept
        verdicts = {check.verdict for check in result.checks}
        found["graded"] += 1
        found["false credit"] += is_wrong and hostile["earned"](result) > 0
        found["lost"] += result.status != "graded" or "harness_error" in verdicts
        said = "".join(box.printed) + result.to_json().decode()
        found["secrets"] += secret in said
    found["left"] = len(hostile["alive"]())
    found["harm"] = int(
        not grades.exists()
        or grades.read_bytes() != before
        or [*grades.parent.iterdir()] != [grades]
    )
    found["after"] = int(hostile["earned"](hostile["graded"](right)) != 100)
    return found


if __name__ == "__main__":
    main()
