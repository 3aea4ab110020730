"""How long does an epoch wait for its feed to end?  TensorFlow's seconds on the clock.

    python benchmarks/waits.py

Epochs of our recipe of diffusion over 1,000 flowers, in turn with feeds that tune
themselves, as TensorFlow's do, and with feeds that do not, as `keras_gen.backend` has
them; on all cores.  Prints a table of `benchmarks/README.md`.
"""

import os
import statistics
import time

os.environ["KERAS_BACKEND"] = "tensorflow"

import timing  # noqa: E402  (after the backend is chosen)

PICTURES, EPOCHS, ROUNDS = 1000, 3, 3


def seconds(model, feed):
    """Seconds on the clock, and of the processor, of an epoch."""
    clock, processor = time.monotonic(), time.process_time()
    model.fit(feed, epochs=EPOCHS, verbose=0)
    found = time.monotonic() - clock, time.process_time() - processor
    return [x / EPOCHS for x in found]


def main():
    """Measures both ways in turn, prints."""
    import tensorflow as tf

    from keras_gen import recipes
    from keras_gen.data import flowers

    recipe, pictures = recipes.recipe("diffusion"), flowers(PICTURES)
    model = recipes.build(recipe, pictures)
    feed = recipes.batches(recipe, model, pictures)
    without = tf.data.Dataset.__iter__
    ways = {"tuned": without.__wrapped__, "not tuned (ours)": without}
    model.fit(feed, verbose=0)  # compiles
    found = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, iterate in ways.items():
            tf.data.Dataset.__iter__ = iterate
            found[name].append(seconds(model, feed))
    print(f"{timing.machine('all')}\n")
    print("| feeds | seconds an epoch | by round | of the processor |")
    print("| --- | --- | --- | --- |")
    for name, rounds in found.items():
        clock, processor = zip(*rounds, strict=True)
        by_round = ", ".join(f"{x:.1f}" for x in sorted(clock))
        medians = [f"{statistics.median(x):.1f}" for x in (clock, processor)]
        print(f"| {name} | {medians[0]} | {by_round} | {medians[1]} |")


if __name__ == "__main__":
    main()
