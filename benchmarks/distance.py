"""The one distance between sets of pictures that the benchmarks use.

    python benchmarks/distance.py

shows what it takes for a fault: how far real flowers are that something was done to.
"""

import numpy as np

NAME, NUM = "Fréchet distance", 500


def features(images):
    """What the shipped reader of flowers knows of each picture, `(n, dim)`."""
    from keras_gen import presets
    from keras_gen.metrics import reader_features

    return reader_features(presets.load("flower_reader"), images)


def to_real(num, seed=1_000_003):
    """Makes a function from pictures to their distance from real flowers.

    Args:
        num: how many real flowers; compare as many pictures with them.
        seed: of the flowers.

    Returns:
        `(distance, between)`: the function, and the distance of other real flowers.
    """
    from keras_gen.data import flowers
    from keras_gen.metrics import frechet_distance

    images = flowers(2 * num, seed=seed).images
    real, others = features(images[:num]), features(images[num:])

    def distance(drawn):
        return frechet_distance(features(drawn), real)

    return distance, frechet_distance(others, real)


def faults(images):
    """Pictures to which something was done, `{what was done: pictures}`."""
    from scipy.ndimage import gaussian_filter

    images = images.astype("float32")
    means = images.mean(axis=(1, 2), keepdims=True)
    grain = np.random.default_rng(0).normal(size=images.shape)
    made = {"nothing": images}
    for pixels in (0.5, 0.7, 1.0):
        blurred = gaussian_filter(images, (0, pixels, pixels, 0))
        made[f"blurred, a Gaussian of {pixels} pixels"] = blurred
    for levels in (8, 16, 32):
        made[f"noise, {levels} levels"] = images + levels * grain
    made["a fifth of the contrast lost"] = means + 0.8 * (images - means)
    return {n: np.round(np.clip(x, 0, 255)).astype("uint8") for n, x in made.items()}


def main():
    """Prints a table."""
    import timing

    from keras_gen.data import flowers

    distance, _ = to_real(NUM)
    images = flowers(NUM, seed=7).images
    print(f"{timing.machine('all')}. {NUM} flowers.\n")
    print(f"| done to them | levels of 255, RMS | {NAME} |\n{'| --- ' * 3}|")
    for name, changed in faults(images).items():
        levels = np.mean((changed - images.astype("float32")) ** 2) ** 0.5
        print(f"| {name} | {levels:.0f} | {distance(changed):.0f} |", flush=True)


if __name__ == "__main__":
    main()
