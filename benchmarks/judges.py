"""What do the measures of generators see, and what do they miss?

    KERAS_BACKEND=jax python benchmarks/judges.py      # TensorFlow without a choice
    python benchmarks/judges.py damages                # or sizes, or likelihood

`damages`: real flowers, spoilt in one way each, and what models draw, beside as many
other real flowers; by what `flower_reader` knows of a picture. Copies are looked for
among 10,000 training pictures, which all but one row have never seen.
`sizes`: two sets of real flowers, whose distance should be 0, for several sizes.
`likelihood`: what digits, and pictures that are none, cost by `diffusion_digits` (bits
a pixel) and by `vae_digits` (negative ELBO, in nats a picture).
"""

import os
import sys

import numpy as np

NUM, TRAINING = 1000, 10_000
SIZES, REPEATS = (150, 250, 500, 1000, 2000, 4000), 5
CARRIED = 16  # pictures to noise
WALK = {"sampler": "dpm_solver", "spacing": "log_snr"}


def spoilt(pictures, seed=0):
    """Sets of real flowers, each spoilt in one way: title -> uint8 pictures.

    Args:
        pictures: `Pictures` of flowers, twice as many as are wanted.
        seed: of the noise.
    """
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    images, colours = pictures.images, pictures.attributes["petal_colour"]
    whole = images[: len(images) // 2]
    blurred = gaussian_filter(whole.astype("float32"), (0, 0.7, 0.7, 0))
    noisy = whole + rng.normal(0, 12, whole.shape)
    rubbish = whole.copy()
    tenth = len(whole) // 10
    rubbish[:tenth] = rng.integers(0, 256, rubbish[:tenth].shape)
    return {
        "as they are": whole,
        "blurred": np.rint(blurred).astype("uint8"),
        "with noise": np.clip(np.rint(noisy), 0, 255).astype("uint8"),
        "one in ten is rubbish": rubbish,
        "half of the colours": images[colours < 5][: len(whole)],
        "one picture of each colour": np.resize(
            images[[np.flatnonzero(colours == one)[0] for one in range(10)]],
            whole.shape,
        ),
    }


def drawn(num):
    """What models draw: title -> uint8 pictures."""
    from keras_gen import VAE, DiffusionModel, TextToImage
    from keras_gen.data import flowers
    from keras_gen.evaluation.diffusion import full_prompts

    diffusion = DiffusionModel.from_preset("diffusion_flowers_32")
    text = TextToImage.from_preset("text_to_image_flowers_32")
    prompts = full_prompts(flowers(num, seed=2_000_003).attributes)
    guided = {"guidance_scale": 2.0, "seed": 0, **WALK}
    return {
        "`vae_flowers`": VAE.from_preset("vae_flowers").generate(num, seed=0),
        "`diffusion_flowers_32`": diffusion.generate(num, 10, seed=0, **WALK),
        "`text_to_image_flowers_32`": text.generate(prompts, 10, **guided),
    }


def damages():
    """Prints the table of all measures."""
    from keras_gen import metrics, presets
    from keras_gen.data import flowers

    reader = presets.load("flower_reader")
    training = flowers(TRAINING, seed=0).images
    real = metrics.reader_features(reader, flowers(NUM, seed=1_000_003).images)
    sets = {
        **spoilt(flowers(3 * NUM, seed=1).take(np.arange(2 * NUM))),
        "the training pictures": training[:NUM],
        **drawn(NUM),
    }
    names = ("Fréchet", "kernel / 1000", "precision", "recall", "density", "coverage")
    names += ("Inception Score", "Vendi score", "copies")
    print(f"| | {' | '.join(names)} |\n" + "| --- " * (1 + len(names)) + "|")
    for title, images in sets.items():
        known = metrics.reader_features(reader, images)
        score = metrics.inception_score(metrics.class_probabilities(reader, images))
        near = metrics.nearest_neighbours(images, training)
        values = (
            f"{metrics.frechet_distance(real, known):.0f}",
            f"{metrics.kernel_distance(real, known) / 1000:.1f}",
            *(f"{x:.2f}" for x in metrics.precision_recall(real, known)),
            *(f"{x:.2f}" for x in metrics.density_coverage(real, known)),
            f"{score:.2f}",
            f"{metrics.vendi_score(known):.1f}",
            f"{metrics.copied(near).mean():.3f}",
        )
        print(f"| {title} | {' | '.join(values)} |", flush=True)


def between_real(sizes=SIZES, repeats=REPEATS):
    """Distances of two sets of real flowers: size -> rows of (Fréchet, kernel)."""
    from keras_gen import metrics, presets
    from keras_gen.data import flowers

    images = flowers(2 * max(sizes), seed=1).images
    known = metrics.reader_features(presets.load("flower_reader"), images)
    rng = np.random.default_rng(0)
    found = {}
    for size in sizes:
        halves = [rng.permutation(len(known)) for _ in range(repeats)]
        pairs = [(known[h[:size]], known[h[size : 2 * size]]) for h in halves]
        found[size] = np.array(
            [
                (metrics.frechet_distance(*pair), metrics.kernel_distance(*pair))
                for pair in pairs
            ]
        )
    return found


def sizes():
    """Prints the table of sizes."""
    print("| pictures each | Fréchet: mean, deviation | kernel: mean, deviation |")
    print("| --- | --- | --- |")
    for size, values in between_real().items():
        means, deviations = values.mean(axis=0), values.std(axis=0, ddof=1)
        cells = [f"{m:.3g}, {d:.2g}" for m, d in zip(means, deviations, strict=True)]
        print(f"| {size} | {cells[0]} | {cells[1]} |", flush=True)


def likelihood():
    """Prints what pictures cost that are digits, and pictures that are none."""
    from keras_gen import VAE, DiffusionModel
    from keras_gen.data import digits
    from keras_gen.metrics import bits_per_dimension

    diffusion = DiffusionModel.from_preset("diffusion_digits")
    vae = VAE.from_preset("vae_digits")
    images = digits()[1].images[:CARRIED]
    noise = np.random.default_rng(0).integers(0, 256, images.shape, dtype="uint8")
    sets = {
        "held-out digits": images,
        "upside down": images[:, ::-1],
        "black on white instead": 255 - images,
        "all black": np.zeros_like(images),
        "random pixels": noise,
    }
    print("| | diffusion, bits a pixel | VAE, nats a picture |\n" + "| --- " * 3 + "|")
    for title, shown in sets.items():
        shown = shown[:1] if title == "all black" else shown
        bits = bits_per_dimension(diffusion, shown, seed=0).mean()
        nats = -vae.elbo(shown, seed=0).mean()
        print(f"| {title} | {bits:.2f} | {nats:.0f} |", flush=True)


PARTS = {part.__name__: part for part in (damages, sizes, likelihood)}

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras
    from timing import machine, pin

    pin()
    print(f"Backend {keras.backend.backend()}; {machine()}\n", flush=True)
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
        print()
