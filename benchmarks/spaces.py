"""Is the way between two pictures one of pictures? Pixels beside a latent space.

    KERAS_BACKEND=jax python benchmarks/spaces.py      # TensorFlow without a choice

First, of how many dimensions pictures make use: the principal components that hold a
share of the variance. Then, what lies half-way between two held-out digits of different
classes: the mean of their pixels, and what `vae_digits` draws for the mean of their
codes. "Inside" is the share that lies among the training digits by what `digit_reader`
knows of a picture (the precision of Kynkäänniemi et al. 2019), "sure" how often it
gives one class more than 90 %.
"""

import os

import numpy as np

SHARES = (0.5, 0.9, 0.95, 0.99)
PAIRS, SURE, SEED = 1000, 0.9, 0


def components(images, shares=SHARES):
    """How many principal components hold each share of the pixels' variance.

    >>> components(np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 1.0], [8.0, 1.0]]), (0.5, 1))
    [1, 2]
    """
    x = images.reshape(len(images), -1).astype("float32")
    variances = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    held = np.cumsum(variances) / variances.sum()
    return [int(np.argmax(held >= share * (1 - 1e-6))) + 1 for share in shares]


def half_way(vae, test):
    """Title -> pictures: the ends, and what lies between them in either way."""
    rng = np.random.default_rng(SEED)
    first, second = rng.integers(0, len(test), (2, PAIRS))
    differ = test.labels[first] != test.labels[second]
    first, second = first[differ], second[differ]
    codes = vae.encode(test.images)[0]
    pixels = test.images.astype("float32")
    return {
        "held-out digits": test.images,
        "... as the VAE restores them": vae.decode(codes),
        "half-way in pixels": np.rint((pixels[first] + pixels[second]) / 2),
        "half-way in the latent plane": vae.decode((codes[first] + codes[second]) / 2),
    }


def main():
    """Prints both tables."""
    import keras
    from timing import machine, pin

    from keras_gen import metrics, presets
    from keras_gen.data import digits, flowers

    pin()
    print(f"Backend {keras.backend.backend()}; {machine()}\n", flush=True)
    train, test = digits()
    noise = np.random.default_rng(SEED).integers(0, 256, train.images.shape)
    sets = {"digits": train.images, "flowers": flowers(4000).images, "noise": noise}
    print(f"| | pixels | {' | '.join(f'{100 * share:.0f} %' for share in SHARES)} |")
    print("| --- " * (2 + len(SHARES)) + "|")
    for title, images in sets.items():
        counts = " | ".join(map(str, components(images)))
        print(f"| {title} | {images[0].size} | {counts} |", flush=True)

    reader = presets.load("digit_reader")
    known = metrics.reader_features(reader, train.images)
    print("\n| | pictures | inside | sure |\n" + "| --- " * 4 + "|")
    for title, images in half_way(presets.load("vae_digits"), test).items():
        images = images.astype("uint8")
        features = metrics.reader_features(reader, images)
        inside = metrics.precision_recall(known, features).precision
        sure = (metrics.class_probabilities(reader, images).max(axis=1) > SURE).mean()
        print(f"| {title} | {len(images)} | {inside:.0%} | {sure:.0%} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
