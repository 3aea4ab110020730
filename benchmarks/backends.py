"""Which backend is faster here?  Pictures a second of the lecture's models.

    python benchmarks/backends.py            both backends, in turn, three rounds
    python benchmarks/backends.py --rounds 5

Each backend runs in a process of its own, kept to one core if the system allows; the
rounds alternate, so that a machine whose speed drifts is fair to both.  Prints the
medians per CPU-second, and the ratio of the two in each round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

BACKENDS = ("tensorflow", "jax")


def main():
    """Runs the rounds and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure()))
        return
    rounds = [{name: run(name) for name in BACKENDS} for _ in range(options.rounds)]
    print(f"| pictures per CPU-second | {' | '.join(BACKENDS)} | ratio, by round |")
    print("| --- " * (2 + len(BACKENDS)) + "|")
    for task in rounds[0][BACKENDS[0]]:
        medians = [
            statistics.median(r[name][task] for r in rounds) for name in BACKENDS
        ]
        ratios = sorted(r[BACKENDS[0]][task] / r[BACKENDS[1]][task] for r in rounds)
        cells = " | ".join(f"{median:.3g}" for median in medians)
        print(f"| {task} | {cells} | {', '.join(f'{ratio:.2f}' for ratio in ratios)} |")


def run(backend):
    """Measures in a process of its own."""
    command = [sys.executable, __file__, "--measure"]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure():
    """Returns: task -> pictures per CPU-second, compilation left out."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from keras_gen import recipes
    from keras_gen.data import digits, flowers

    rates = {}
    train, _ = digits()
    vae = recipes.build(recipes.recipe("vae"), train)
    rates["VAE, digits: train"] = rate(
        lambda: vae.fit(train.images, batch_size=64, verbose=0), len(train)
    )
    rates["VAE, digits: generate"] = rate(lambda: vae.generate(2048, seed=0), 2048)
    pictures = flowers(320)
    model = recipes.build(recipes.recipe("diffusion"), pictures)
    rates["diffusion, flowers: train"] = rate(
        lambda: model.fit(pictures.images, batch_size=64, verbose=0), len(pictures)
    )
    rates["diffusion, flowers: generate, 20 steps"] = rate(
        lambda: model.generate(32, diffusion_steps=20, seed=0), 32
    )
    return rates


def rate(task, pictures):
    """Pictures per CPU-second of a task, after one run that compiles."""
    task()
    start = time.process_time()
    task()
    return pictures / (time.process_time() - start)


if __name__ == "__main__":
    main()
