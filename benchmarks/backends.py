"""Which backend is faster here?  Pictures a second of the lecture's models.

    python benchmarks/backends.py            both backends, in turn, three rounds
    python benchmarks/backends.py --rounds 5

Prints a table of `benchmarks/README.md`; `timing.py` says how it is measured.
"""

from timing import main, rate

BACKENDS = {name: {"KERAS_BACKEND": name} for name in ("tensorflow", "jax")}


def measure():
    """Returns: task -> pictures per CPU-second, compilation left out."""
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


if __name__ == "__main__":
    main(measure, BACKENDS, __doc__, reference="jax")
