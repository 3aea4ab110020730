"""Which backend is faster here?  Pictures a second of the lecture's models.

    python benchmarks/backends.py            both backends, in turn, three rounds
    python benchmarks/backends.py --rounds 5
    python benchmarks/backends.py --onednn   TensorFlow with oneDNN and without

Prints a table of `benchmarks/README.md`; `timing.py` says how it is measured.
"""

import sys

import timing
from timing import Task


def tasks(variant):
    """Task -> pictures per CPU-second, compilation left out."""
    from keras_gen import recipes
    from keras_gen.data import digits, flowers

    train, _ = digits()
    vae = recipes.build(recipes.recipe("vae"), train)
    pictures = flowers(320)
    recipe = recipes.recipe("diffusion")
    model, size = recipes.build(recipe, pictures), recipe.batch_size
    return {
        "VAE, digits: train": Task(
            lambda: vae.fit(train.images, batch_size=64, verbose=0), len(train)
        ),
        "VAE, digits: generate": Task(lambda: vae.generate(2048, seed=0), 2048),
        "diffusion, flowers: train": Task(
            lambda: model.fit(pictures.images, batch_size=size, verbose=0),
            len(pictures),
        ),
        "diffusion, flowers: generate, 20 steps": Task(
            lambda: model.generate(32, diffusion_steps=20, seed=0), 32
        ),
    }


if __name__ == "__main__":
    options = timing.parser(__doc__)
    options.add_argument("--onednn", action="store_true")
    options = options.parse_args()
    variants, names = timing.backends(), ()
    if options.onednn:
        names = "with oneDNN", "without"
        variants = {
            name: (sys.executable, timing.environment("tensorflow", onednn))
            for name, onednn in zip(names, (1, 0), strict=True)
        }
    found = timing.measure(tasks, variants, options)
    print(f"{timing.machine()}\n")
    print(timing.side_by_side(*found, *names))
