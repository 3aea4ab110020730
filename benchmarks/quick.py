"""The main ratios in under three minutes: ours beside the book's loops, no peers.

    make bench-quick
    python benchmarks/quick.py

Each backend has a core of its own if there are two, for all ratios here are within a
backend; the full benchmarks take their turns on one core.
"""

import os
import subprocess
import sys

import generation
import timing
import training

PICTURES, STEPS, ROUNDS = 8, 10, 2


def tasks(variant):
    """Generation, a latent grid and training, ours and the book's."""
    generation.PICTURES, generation.STEPS = PICTURES, STEPS
    training.FLOWERS = 2 * training.BATCH
    made = {**generation.tasks(variant), **training.diffusion_tasks()}
    del made[generation.LIMIT], made[training.DIFFUSION + training.OURS]
    return made


def goals(name):
    """The three ratios of a backend."""
    pairs = {
        "generation: ours / the book's loop": (generation.OURS, generation.BOOK),
        "latent grid: one call / a call each": (generation.ONE_CALL, generation.CALLS),
        "training: ours, no average / the book's": (
            training.DIFFUSION + training.ALIKE,
            training.DIFFUSION + training.BOOK,
        ),
    }
    least = {"tensorflow": (2.2, 100.0, 1.0), "jax": (1.8, 1.0, 1.0)}[name]
    return [
        (f"{name}, {words}", (name, ours), (name, book), goal)
        for (words, (ours, book)), goal in zip(pairs.items(), least, strict=True)
    ]


def main():
    """Measures one backend, or both at once."""
    options = timing.parser(__doc__, ROUNDS)
    options = options.parse_args()
    if options.work or len(options.backends) == 1:
        rounds, _ = timing.measure(tasks, timing.backends(options.backends), options)
        print(f"{timing.machine()}\n")
        print(timing.goals(rounds, goals(*options.backends)))
        return
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    started = []
    for number, name in enumerate(options.backends):
        command = [sys.executable, __file__, "--backends", name]
        command += ["--rounds", str(options.rounds)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        if cores:
            os.sched_setaffinity(started[-1].pid, {cores[number % len(cores)]})
    for process in started:
        print(process.communicate()[0], flush=True)
    sys.exit(max(process.returncode for process in started))


if __name__ == "__main__":
    main()
