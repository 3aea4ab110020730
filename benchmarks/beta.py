"""What does beta buy? VAEs of digits that pay more or less for their codes.

    KERAS_BACKEND=jax python benchmarks/beta.py      # TensorFlow without a choice

Each has 16 latent dimensions and learns from the 1,500 digits for as many epochs; the
nats are those of the held-out ones. A dimension is in use if its KL divergence is above
0.1 nats in the mean. Of as many pictures drawn from N(0, I) as were learned from,
"inside" is the share that lies among the training digits by what `digit_reader` knows
of a picture (precision), "covered" the share of training digits with a drawn one nearby
(coverage).
"""

import argparse
import os
import time

import numpy as np

BETAS = (0.0, 0.1, 1.0, 4.0, 16.0, 64.0)
LATENTS, EPOCHS, BATCH, RATE, SEED = 16, 60, 64, 1e-3, 0
IN_USE = 0.1  # nats


def trained(beta, images, epochs):
    """A VAE with this weight of its KL divergence."""
    import keras

    from keras_gen import VAE, build_decoder, build_encoder

    keras.utils.set_random_seed(SEED)
    shape = images.shape[1:]
    vae = VAE(build_encoder(shape, LATENTS), build_decoder(shape, LATENTS), beta, SEED)
    steps = epochs * -(-len(images) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    vae.compile(keras.optimizers.Adam(rate))
    vae.fit(images, batch_size=BATCH, epochs=epochs, verbose=0)
    return vae


def divergences(z_mean, z_log_var):
    """The mean KL divergence of each dimension from N(0, 1), nats.

    >>> divergences(np.zeros((3, 2)), np.zeros((3, 2))).tolist()
    [0.0, 0.0]
    """
    nats = -0.5 * (1.0 + z_log_var - z_mean**2 - np.exp(z_log_var))
    return np.abs(nats.mean(axis=0))


def main():
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--epochs", type=int, default=EPOCHS)
    options = options.parse_args()
    import keras
    from timing import machine, pin

    from keras_gen import metrics, presets
    from keras_gen.data import digits

    pin()
    train, test = digits()
    reader = presets.load("digit_reader")
    known = metrics.reader_features(reader, train.images)
    print(f"Backend {keras.backend.backend()}; {machine()}; {options.epochs} epochs\n")
    names = "beta, reconstruction nats, KL nats, in use, rmse, inside, covered, CPU"
    print(f"| {names.replace(', ', ' | ')} |\n{'| --- ' * 8}|", flush=True)
    for beta in BETAS:
        start = time.process_time()
        vae = trained(beta, train.images, options.epochs)
        took = time.process_time() - start
        losses = vae.evaluate(test.images, verbose=0, return_dict=True)
        nats = divergences(*vae.encode(test.images))
        apart = vae.reconstruct(test.images) / 255.0 - test.images / 255.0
        rmse = np.sqrt(np.square(apart).mean())
        drawn = metrics.reader_features(reader, vae.generate(len(train), seed=SEED))
        print(
            f"| {beta:g} | {losses['reconstruction_loss']:.1f} | {nats.sum():.1f} | "
            f"{(nats > IN_USE).sum()} of {LATENTS} | {rmse:.3f} | "
            f"{metrics.precision_recall(known, drawn).precision:.0%} | "
            f"{metrics.density_coverage(known, drawn).coverage:.0%} | {took:.0f} s |",
            flush=True,
        )


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
