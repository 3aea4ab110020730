"""VAE, GANs and diffusion on the same data: how good, how varied, how fast, how dear?

    KERAS_BACKEND=jax python benchmarks/families.py      # TensorFlow without a choice

The shipped models of handwritten digits draw as many pictures as they have learned
from. Beside them the held-out digits are measured. What `digit_reader` knows of a
picture is compared with what it knows of the training digits; the kernel distance does
not depend on the number of pictures, the Fréchet distance does. One core.
"""

import os
import time

STEPS = (1, 5, 10, 20, 50)
TIMED = 256  # pictures, drawn for the clock once everything is compiled
ROUNDS = 3
COLUMNS = (
    ("kernel distance", "{:.3f}"),
    ("Fréchet", "{:.1f}"),
    ("precision", "{:.2f}"),
    ("coverage", "{:.2f}"),
    ("Vendi score", "{:.1f}"),
    ("pictures a CPU-second", "{:.4g}"),
    ("training, seconds", "{:.0f}"),
)


def drawers():
    """Each way to draw digits: title -> (preset, function of number and seed)."""
    from keras_gen import shelf, training

    models = {
        name: training.load_model(shelf.find(name))
        for name in (
            "vae_digits",
            "dcgan_digits",
            "conditional_gan_digits",
            "diffusion_digits",
        )
    }

    def walk(steps):
        how = {"sampler": "dpm_solver", "spacing": "log_snr"} if steps > 1 else {}
        model = models["diffusion_digits"]
        return lambda num, seed: model.generate(num, steps, seed=seed, **how)

    ways = {
        name: (name, lambda num, seed, model=model: model.generate(num, seed=seed))
        for name, model in models.items()
        if name != "diffusion_digits"
    }
    for steps in STEPS:
        title = f"diffusion_digits, {steps} step{'s' * (steps > 1)}"
        ways[title] = ("diffusion_digits", walk(steps))
    return ways


def rate(draw):
    """Pictures a second of the processor, the median of some rounds."""
    draw(TIMED, 0)
    seconds = []
    for seed in range(ROUNDS):
        start = time.process_time()
        draw(TIMED, seed)
        seconds.append(time.process_time() - start)
    return TIMED / sorted(seconds)[ROUNDS // 2]


def quality(known, features):
    """What `COLUMNS` begins with."""
    from keras_gen import metrics

    return [
        metrics.kernel_distance(known, features),
        metrics.frechet_distance(known, features),
        metrics.precision_recall(known, features).precision,
        metrics.density_coverage(known, features).coverage,
        metrics.vendi_score(features),
    ]


def row(title, values):
    """A row of the table; None is a dash."""
    cells = [
        "–" if value is None else form.format(value)
        for value, (_, form) in zip(values, COLUMNS, strict=True)
    ]
    return f"| {title} | {' | '.join(cells)} |"


def main():
    """Prints the table."""
    import keras
    from timing import machine, pin

    from keras_gen import metrics, presets, shelf
    from keras_gen.data import digits

    pin()
    reader = presets.load("digit_reader")
    train, test = (part.images for part in digits())
    known = metrics.reader_features(reader, train)
    print(f"Backend {keras.backend.backend()}; {machine()}; {len(train)} pictures\n")
    print(f"| | {' | '.join(name for name, _ in COLUMNS)} |")
    print("| --- " * (1 + len(COLUMNS)) + "|")
    real = quality(known, metrics.reader_features(reader, test))
    real[1] = None  # of fewer pictures
    print(row(f"{len(test)} held-out digits", [*real, None, None]), flush=True)
    for title, (name, draw) in drawers().items():
        features = metrics.reader_features(reader, draw(len(train), 0))
        cost = shelf.facts(name, "recipe.json")["seconds_of_training"]
        values = [*quality(known, features), rate(draw), cost]
        print(row(title, values), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
