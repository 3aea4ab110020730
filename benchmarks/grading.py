"""How long grading takes: cohorts made of right answers, by the whole grader.

    python benchmarks/grading.py [--rows metrics gan one peers] [--jobs 2] [--size 30]

Each submission is a right answer to a whole set, with a comment of its own. "Cold":
nothing is compiled yet, and every worker is started afresh. "Warm": what right answers
compile to is kept (as after `grade --self-test`), and workers are forked. Seconds of
the processor are of all processes, the boxes' too.

The row "peers" is the same NumPy submissions in nbgrader and otter (`graders.py`), in
an environment of their own beside `.venv`.
"""

import argparse
import contextlib
import dataclasses
import os
import re
import resource
import tempfile
import time
from pathlib import Path

import graders
import peers

from keras_gen.grading import box, compiled, grade, intake, pool, tiers, zygote
from keras_gen.grading.limits import children, cpu_seconds
from keras_gen.grading.results import Settings, SubmissionResult

RIGHT = Path(__file__).parents[1] / "tests" / "right_answers"
BOTH = ("jax", "tensorflow")
ROWS = ("metrics", "gan", "one", "peers")
COMMENT = "\n# of student number {}\n"


def main():
    """Prints a table, a row at a time."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", nargs="+", default=ROWS)
    options.add_argument("--states", nargs="+", default=["cold", "warm"])
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--size", type=int, help="submissions; 100 and 30 by default")
    given = options.parse_args()
    print(f"Box {tiers.tier()}, {given.jobs} jobs, {os.cpu_count()} cores.\n")
    print("| what | submissions | seconds | of the processor | graded, full marks |")
    print("| --- | --- | --- | --- | --- |")
    rows = {
        "metrics": (("metrics",), ("jax",), given.size or 100, is_numpy),
        "gan": (("gan",), BOTH, given.size or 30, bool),
        "one": (sets_with_answers(), BOTH, 1, bool),
    }
    for name in given.rows:
        if name == "peers":
            continue
        sets, backends, size, wanted = rows[name]
        cohort = made(sets, size, wanted)
        settings = Settings(sets, backends, seed=1, tier=tiers.tier())
        for state in given.states:
            with tempfile.TemporaryDirectory() as home:
                with environment(state, home):
                    if state == "warm" and "jax" in backends and name != "metrics":
                        fill(sets, settings)
                    told = measured(cohort, settings, given.jobs, home)
            what = f"{', '.join(sets)} on {', '.join(backends)}, {state}"
            print(f"| {what} | {size} | {told} |", flush=True)
    if "peers" in given.rows:
        python = peers.install(".venv-graders", graders.PACKAGES)
        texts = [
            one.cells[0] for one in made(("metrics",), given.size or 100, is_numpy)
        ]
        for peer in (graders.nbgrader, graders.otter):
            with tempfile.TemporaryDirectory() as folder:
                seconds, right = peer(texts, given.jobs, python, folder)
            what = f"metrics, {peer.__name__}"
            print(
                f"| {what} | {len(texts)} | {seconds:.1f} | | {len(texts)}, {right} |"
            )


def sets_with_answers() -> tuple[str, ...]:
    """The sets that have checks, and a right answer to the whole of them."""
    found = []
    for folder in sorted(RIGHT.iterdir()):
        with contextlib.suppress(ImportError, ValueError):
            if list(folder.glob("whole__*.py")) and grade.checks_of(folder.name):
                found.append(folder.name)
    return tuple(found)


def is_numpy(text: str) -> bool:
    """Whether an answer needs no Keras."""
    return not any(word in text for word in grade.OF_KERAS)


def answers(set: str, wanted=bool) -> list[str]:
    """Right answers to a whole set."""
    texts = [p.read_text(encoding="utf-8") for p in (RIGHT / set).glob("whole__*.py")]
    return [text for text in sorted(texts) if wanted(text)]


def made(sets, size, wanted) -> list[intake.Submission]:
    """A cohort."""
    found = {}
    for set in sets:
        found[set] = [t for t in answers(set, wanted) if apart(t, set, sets)]
    cohort = []
    for number in range(size):
        cells = [of[number % len(of)] + COMMENT.format(number) for of in found.values()]
        labels = tuple(f"code cell {i}" for i, _ in enumerate(cells, 1))
        cohort.append(
            intake.Submission(f"s{number:03}", cells=tuple(cells), labels=labels)
        )
    return cohort


def apart(text: str, set: str, sets) -> bool:
    """Whether an answer defines no class that another set asks for, and would get."""
    others = [one for other in sets if other != set for one in grade.checks_of(other)]
    classes = re.findall(r"^class (\w+)", text, re.MULTILINE)
    return not any(one.defined in classes for one in others)


@contextlib.contextmanager
def environment(state: str, home: str):
    """What makes a run cold or warm, for this process and those that it starts."""
    values = {"XDG_CACHE_HOME": home}
    if state == "cold":
        values |= {zygote.OFF: "1", compiled.OFF: "1"}
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        zygote.close_all()
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def fill(sets, settings):
    """Keeps what one answer of each style compiles to."""
    settings = dataclasses.replace(settings, backends=("jax",), seed=2)

    with compiled.filling():
        for set in sets:
            for text in answers(set):
                one = intake.Submission("right", cells=(text,), labels=("",))
                of_set = dataclasses.replace(settings, sets=(set,))
                result = grade.grade_one(one, of_set)
                if any(check.verdict != "passed" for check in result.checks):
                    raise RuntimeError(f"A right answer to {set} has failed.")


def measured(cohort, settings, jobs, home) -> str:
    """Grades a cohort; seconds, seconds of the processor, and what came out."""
    settings = dataclasses.replace(settings, options={"cpu": home})
    start, right, graded = time.monotonic(), 0, 0
    for _, result in pool.local(jobs)(cohort, settings, counted):
        if not isinstance(result, SubmissionResult):
            continue
        graded += result.status == "graded"
        right += all(check.verdict == "passed" for check in result.checks)
    seconds = time.monotonic() - start
    used = sum(float(path.read_text()) for path in Path(home).glob("*.cpu"))
    return f"{seconds:.1f} | {used:.1f} | {graded}, {right}"


class Counted(box.Box):
    """A box whose seconds of the processor are added up."""

    total = 0.0

    def close(self):
        if self._launched is not None and not self.dead:
            with contextlib.suppress(box.Died):
                self._look()
        if self._launched is not None:
            Counted.total += self.cpu_seconds
        super().close()


def counted(submission, settings):
    """Grades one, and writes down what this process and its boxes have used so far."""
    grade.Box = Counted
    result = grade.grade_one(submission, settings)
    own = resource.getrusage(resource.RUSAGE_SELF)
    used = own.ru_utime + own.ru_stime + Counted.total
    for one in getattr(zygote._mine, "zygotes", {}).values():
        used += cpu_seconds(min(children(one._launched.first))) or 0
    Path(settings.options["cpu"], f"{os.getpid()}.cpu").write_text(str(used))
    return result


if __name__ == "__main__":
    main()
