"""How the benchmarks time: one core, CPU-seconds, variants in turn.

Each variant runs in a process of its own, kept to one core if the system allows, and
the rounds alternate, so that a machine whose speed drifts is fair to all.  Figures are
medians; ratios are taken within a round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def main(measure, variants, doc, reference):
    """Runs the rounds of a script and prints its table.

    Args:
        measure: function that returns task -> figure, for the variant it runs in.
        variants: name -> environment variables that make it.
        doc: what the script says of itself.
        reference: the variant that the ratios are to.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(measure()))
        return
    rounds = [
        {name: _run(more) for name, more in variants.items()}
        for _ in range(options.rounds)
    ]
    print(table(rounds, reference))


def _run(more):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **more}
    command = [sys.executable, sys.argv[0], "--measure"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(rounds, reference):
    """A Markdown table: medians, and for each round the ratio to the reference.

    >>> print(table([{"a": {"walk": 2.0}, "b": {"walk": 1.0}}], "b"))
    | a second of CPU | a | b | a / b, by round |
    | --- | --- | --- | --- |
    | walk | 2 | 1 | 2.00 |
    """
    names = list(rounds[0])
    others = [name for name in names if name != reference]
    heads = [*names, *(f"{name} / {reference}, by round" for name in others)]
    lines = [["a second of CPU", *heads], ["---"] * (1 + len(heads))]
    for task in rounds[0][reference]:
        medians = [statistics.median(r[name][task] for r in rounds) for name in names]
        ratios = [
            ", ".join(
                f"{x:.2f}" for x in sorted(_ratios(rounds, name, reference, task))
            )
            for name in others
        ]
        lines.append([task, *(f"{median:.3g}" for median in medians), *ratios])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratios(rounds, name, reference, task):
    return [r[name][task] / r[reference][task] for r in rounds]


def rate(task, amount):
    """How much of something a task does in a CPU-second, after one run to compile."""
    task()
    start = time.process_time()
    task()
    return amount / (time.process_time() - start)
