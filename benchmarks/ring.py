"""Do the GANs find every mode of a ring of Gaussians, and what goes wrong where not?

    KERAS_BACKEND=jax python benchmarks/ring.py      # TensorFlow without a choice

Eight Gaussians of standard deviation 0.05 stand on the unit circle.  A mode is found
if at least 1 % of 2,000 drawn points are within 0.2 of its centre, and the share of all
points that are near any centre says how clean the samples are.

Three experiments break a GAN on purpose, and cure it by another of its losses or a
penalty: mode collapse, a discriminator that overpowers the generator, and the vanishing
gradient of the minimax loss.
"""

import argparse
import os
import statistics
import time

import numpy as np

MODES, SPREAD, NEAR = 8, 0.05, 0.2
APART = 3.0  # how far a ring is moved that no first drawing overlaps
LATENTS, BATCH, DRAWN = 8, 128, 2000


def centres():
    """The modes, `(8, 2)`, on the unit circle."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def ring(num, seed):
    """Points of the eight Gaussians, float32 `(num, 2)`."""
    rng = np.random.default_rng(seed)
    noise = SPREAD * rng.standard_normal((num, 2))
    return (centres()[rng.integers(0, MODES, num)] + noise).astype("float32")


def found(points):
    """The number of modes that were found, and the share of points near any.

    >>> found(centres().repeat(2, axis=0))
    (8, 1.0)
    >>> found(np.concatenate([centres()[:3], [[0.0, 0.0]]]))
    (3, 0.75)
    """
    distances = np.linalg.norm(points[:, None] - centres(), axis=2)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) < NEAR]
    counts = np.bincount(nearest, minlength=MODES)
    return int((counts >= 0.01 * len(points)).sum()), len(nearest) / len(points)


def network(inputs, outputs, name):
    """Two hidden layers, without any normalisation."""
    import keras
    from keras import layers

    hidden = [layers.Dense(128, activation="leaky_relu") for _ in range(2)]
    return keras.Sequential(
        [keras.Input((inputs,)), *hidden, layers.Dense(outputs)], name=name
    )


def made(seed, kind="GAN", **how):
    """A GAN of points, with new weights from a seed."""
    import keras

    from keras_gen import gans

    keras.utils.set_random_seed(seed)
    players = network(LATENTS, 2, "generator"), network(2, 1, "discriminator")
    return getattr(gans, kind)(*players, seed=seed, **how)


def train(gan, steps, seed, rate=1e-3, critic_rate=None, shift=0.0):
    """Trains for so many steps of the discriminator; the last accuracy, CPU-seconds."""
    import keras

    gan.compile(
        keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.9),
        keras.optimizers.Adam(critic_rate or rate, beta_1=0.5, beta_2=0.9),
    )
    start = time.process_time()
    points = ring(steps * BATCH, seed) + np.float32(shift)
    history = gan.fit(points, batch_size=BATCH, verbose=0).history
    return history, time.process_time() - start


def slope(gan, **how):
    """The length of the generator's gradient, by a step of descent with rate 1.

    Args:
        gan: whose weights are left as they are.
        **how: another loss, such as `adversarial_loss="minimax"`.
    """
    import keras

    copy = type(gan).from_config({**gan.get_config(), **how})
    copy.set_weights(gan.get_weights())
    copy.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))
    before = copy.generator.get_weights()
    copy.train_on_batch(ring(512, seed=10) + np.float32(APART))
    pairs = zip(before, copy.generator.get_weights(), strict=True)
    return float(np.sqrt(sum(np.square(a - b).sum() for a, b in pairs)))


# ------------------------------------------------------------------------- the table

STEPS = 4000
WGAN = {"kind": "WassersteinGAN", "penalty": 1.0, "discriminator_steps": 5}
# What is asked, what is made, how it is trained.
FINDERS = {
    "non-saturating": ({"r1": 0.1}, {}),
    "Wasserstein, gradient penalty": (WGAN, {}),
}
WRONG = {
    "mode collapse": {
        "no penalty": ({}, {"rate": 5e-4}),
        "... with R1 of 0.1": ({"r1": 0.1}, {"rate": 5e-4}),
        "... as a WGAN-GP": (WGAN, {"rate": 5e-4}),
    },
    "overpowering discriminator": {
        "20 times the generator's rate": ({}, {"rate": 2e-4, "critic_rate": 4e-3}),
        "... with R1 of 1": ({"r1": 1.0}, {"rate": 2e-4, "critic_rate": 4e-3}),
        "... as a WGAN-GP": (WGAN, {"rate": 2e-4, "critic_rate": 4e-3}),
    },
}


def rows_of(settings, seeds, steps):
    """Trains each setting with each seed; rows of a Markdown table."""
    for name, (how, training) in settings.items():
        modes, shares, accuracies, seconds = [], [], [], []
        for seed in range(seeds):
            gan = made(seed, **how)
            history, took = train(gan, steps, seed, **training)
            found_modes, share = found(gan.generate(DRAWN, seed=seed))
            modes.append(found_modes)
            shares.append(share)
            seconds.append(took)
            accuracies.append(history.get("fake_accuracy", [float("nan")])[-1])
        accuracy = statistics.mean(accuracies)
        yield (
            f"| {name} | {', '.join(map(str, modes))} | "
            f"{100 * statistics.mean(shares):.0f} % | "
            f"{'–' if np.isnan(accuracy) else f'{100 * accuracy:.0f} %'} | "
            f"{statistics.median(seconds):.0f} s |"
        )


def vanishing(seeds):
    """The generator's gradient as the discriminator alone goes on; rows of a table."""
    losses = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein")
    yield "| steps of the discriminator alone | " + " | ".join(losses) + " |"
    yield "| --- " * (1 + len(losses)) + "|"
    gans = [made(seed) for seed in range(seeds)]
    done = 0
    for steps in (1, 100, 400, 1600):
        for seed, gan in enumerate(gans):
            train(gan, steps - done, seed, 1e-12, critic_rate=1e-3, shift=APART)
        done = steps
        lengths = [
            statistics.median(slope(gan, adversarial_loss=loss) for gan in gans)
            for loss in losses
        ]
        yield f"| {steps} | " + " | ".join(f"{x:.2g}" for x in lengths) + " |"


def main():
    """Prints the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--steps", type=int, default=STEPS)
    options = options.parse_args()
    import keras
    from timing import machine, pin

    pin()
    print(f"Backend {keras.backend.backend()}; {machine()}\n", flush=True)
    head = "| | modes of 8, by seed | near one | drawn ones told | CPU |"
    for title, settings in ({"finds them all": FINDERS} | WRONG).items():
        print(f"{title}, {options.steps} steps\n\n{head}\n{'| --- ' * 5}|")
        for row in rows_of(settings, options.seeds, options.steps):
            print(row, flush=True)
        print()
    print("vanishing gradients: the length of the generator's gradient\n")
    for row in vanishing(options.seeds):
        print(row, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
