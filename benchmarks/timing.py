"""How the benchmarks time: one core, CPU-seconds, the variants in turn.

Each variant (a backend, the peers) is a process of its own, kept to one core where the
system allows: the first of those that the benchmark was given, so that `taskset -c 1`
chooses.  It compiles everything once and then works only when asked.  Each round asks
every task of every process once, every other round in reverse, so that a machine whose
speed drifts is fair to all, and the first is not always the same.  Figures are medians;
ratios are taken within a round.
"""

import argparse
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata
from itertools import cycle, islice

BACKENDS = ("tensorflow", "jax")


@dataclasses.dataclass
class Task:
    """Something to time.

    Args:
        run: function without arguments.
        amount: how many pictures it makes or learns from.
        flops: floating-point operations a picture; None where nobody counts them.
        note: more to say, such as the number of parameters.
    """

    run: object
    amount: int
    flops: float | None = None
    note: str = ""


def parser(doc, rounds=3):
    """The options that all benchmarks have."""
    options = argparse.ArgumentParser(description=doc.splitlines()[0])
    options.add_argument("--rounds", type=int, default=rounds)
    options.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    options.add_argument("--work", help=argparse.SUPPRESS)
    return options


def backends(names=BACKENDS):
    """The variants of our own code: name -> (Python, environment)."""
    return {name: (sys.executable, environment(name)) for name in names}


def environment(name, onednn=None):
    """The environment of a backend; what `import keras_gen` sets comes too late here.

    Args:
        name: of the backend.
        onednn: 0 for TensorFlow's own kernels; None leaves it to the variable
            `TF_ENABLE_ONEDNN_OPTS`, which counts as 1 where it is not set.
    """
    if onednn is None:
        onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", 1)
    return {"KERAS_BACKEND": name, "TF_ENABLE_ONEDNN_OPTS": str(onednn)}


def measure(tasks, variants, options):
    """Times all tasks of all variants; in a worker, works and does not return.

    Args:
        tasks: function of a variant's name that returns task name -> `Task`.
        variants: name -> (Python, environment variables).
        options: what `parser` parsed.

    Returns:
        `(rounds, facts)`: a list of `{(variant, task): pictures per CPU-second}`, and
        `{(variant, task): {"flops", "note"}}`.
    """
    if options.work:
        work(tasks, options.work)
        sys.exit()
    workers = {name: Worker(name, *how) for name, how in variants.items()}
    try:
        facts = {
            (name, task): fact
            for name, worker in workers.items()
            for task, fact in worker.facts().items()
        }
        rounds = [
            {(name, task): workers[name].rate(task) for name, task in order}
            for order in islice(cycle([[*facts], [*facts][::-1]]), options.rounds)
        ]
    finally:
        for worker in workers.values():
            worker.process.kill()
    return rounds, facts


class Worker:
    """A variant in a process of its own."""

    def __init__(self, name, python, environment):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
        self.process = subprocess.Popen(
            [python, *sys.argv, "--work", name],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"A worker failed: {' '.join(self.process.args)}")
        return json.loads(line)

    def facts(self):
        """Waits until the worker is ready; what is known of its tasks."""
        return self._read()

    def rate(self, task):
        """Has a task done once; its amount per CPU-second."""
        print(json.dumps(task), file=self.process.stdin, flush=True)
        return self._read()


def pin():
    """Keeps this process to one core, where the system allows."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def work(tasks, name):
    """What a worker does: prepares, then runs tasks by name, until told no more."""
    pin()
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    tasks = tasks(name)
    for title, task in tasks.items():
        start = time.process_time()
        task.run()  # compiles
        seconds = time.process_time() - start
        print(f"{name}: {title}: ready, {seconds:.0f} s", file=sys.stderr, flush=True)
    facts = {
        name: {"flops": task.flops, "note": task.note} for name, task in tasks.items()
    }
    print(json.dumps(facts), file=channel)
    for line in sys.stdin:
        task = tasks[json.loads(line)]
        start = time.process_time()
        task.run()
        print(json.dumps(task.amount / (time.process_time() - start)), file=channel)


def median(rounds, key):
    """The median over the rounds of a variant's task."""
    return statistics.median(found[key] for found in rounds)


def table(rounds, facts, limit=None, of=""):
    """A Markdown table of all rates; with FLOPs, also GFLOP/s and shares of limits.

    Args:
        rounds: as `measure` returns.
        facts: likewise.
        limit: the task that is a variant's limit.
        of: what the names of the tasks begin with that it is the limit of.

    >>> key, other = ("jax", "walk"), ("jax", "run")
    >>> facts = {key: {"flops": 1e9, "note": ""}, other: {"flops": 1e9, "note": "x"}}
    >>> print(table([{key: 2.0, other: 4.0}], facts, "run"))
    | task | on | a CPU-second | GFLOP/s | of the limit | |
    | --- | --- | --- | --- | --- | --- |
    | walk | jax | 2 | 2.0 | 50 % | |
    | run | jax | 4 | 4.0 | 100 % | x |
    """
    speeds = {
        key: median(rounds, key) * fact["flops"] / 1e9
        for key, fact in facts.items()
        if fact["flops"]
    }
    lines = [["task", "on", "a CPU-second", "GFLOP/s", "of the limit", ""]]
    lines += [["---"] * 6]
    for key, fact in facts.items():
        name, task = key
        cells = [task, name, f"{median(rounds, key):.3g}", "", "", fact["note"]]
        if key in speeds:
            cells[3] = f"{speeds[key]:.1f}"
            if limit and task.startswith(of):
                cells[4] = f"{100 * speeds[key] / speeds[name, limit]:.0f} %"
        lines.append(cells)
    return "\n".join(f"| {' | '.join(line)} |".replace("  ", " ") for line in lines)


def side_by_side(rounds, facts, one="tensorflow", other="jax"):
    """A Markdown table of two variants of the same tasks, and their ratios.

    >>> rounds = [{("a", "walk"): 2.0, ("b", "walk"): 1.0}]
    >>> print(side_by_side(rounds, rounds[0], "a", "b"))
    | a second of CPU | a | b | a / b, by round |
    | --- | --- | --- | --- |
    | walk | 2 | 1 | 2.00 |
    """
    lines = [f"| a second of CPU | {one} | {other} | {one} / {other}, by round |"]
    lines.append("| --- " * 4 + "|")
    for task in [task for name, task in facts if name == one]:
        rates = [f"{median(rounds, (name, task)):.3g}" for name in (one, other)]
        ratios = sorted(r[one, task] / r[other, task] for r in rounds)
        found = ", ".join(f"{x:.2f}" for x in ratios)
        lines.append(f"| {task} | {' | '.join(rates)} | {found} |")
    return "\n".join(lines)


def goals(rounds, wanted):
    """A Markdown table of ratios, each with the least that it should be.

    Args:
        rounds: as `measure` returns.
        wanted: `(words, key, key of the other, at least)` each; a key may be a list
            of keys, of which the fastest counts.  What was not measured is left out.

    >>> rounds = [{("jax", "run"): 4.0, ("jax", "walk"): 2.0}]
    >>> print(goals(rounds, [("run / walk", ("jax", "run"), ("jax", "walk"), 3.0)]))
    | ratio | median | by round | goal | |
    | --- | --- | --- | --- | --- |
    | run / walk | 2.00 | 2.00 | 3.00 | MISSED |
    """
    lines = [
        "| ratio | median | by round | goal | |",
        "| --- | --- | --- | --- | --- |",
    ]
    for words, keys, others, least in wanted:
        if not (_known(rounds[0], keys) and _known(rounds[0], others)):
            continue
        found = sorted(_fastest(r, keys) / _fastest(r, others) for r in rounds)
        middle = statistics.median(found)
        lines.append(
            f"| {words} | {middle:.2f} | {', '.join(f'{x:.2f}' for x in found)} | "
            f"{least:.2f} | {'met' if middle >= least else 'MISSED'} |"
        )
    return "\n".join(lines)


def _known(found, keys):
    return [key for key in (keys if isinstance(keys, list) else [keys]) if key in found]


def _fastest(found, keys):
    return max(found[key] for key in _known(found, keys))


def machine(used="one"):
    """What ran, in words; no address of it."""
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [x.split(":")[1].strip() for x in lines if x.startswith("model n")]
            model = names[0] if names else model
    versions = []
    for package in ("keras", "tensorflow", "jax"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return f"{model}, {os.cpu_count()} cores seen, {used} used; {', '.join(versions)}"
