"""What does a compiled reverse process save?  Beside the loops that people write.

    python benchmarks/generation.py            both backends, in turn, three rounds

Pictures per CPU-second of the book's U-Net (widths 32-64-96-128, two blocks a stage) at
32 x 32 in 20 steps, decodes per CPU-second of a 30 x 30 latent grid, and the share of
the machine's own convolution rate.  Prints a table of `benchmarks/README.md`;
`timing.py` says how it is measured.
"""

from timing import main, rate

BACKENDS = {name: {"KERAS_BACKEND": name} for name in ("tensorflow", "jax")}
STEPS, PICTURES, GRID = 20, 16, 30


def measure():
    """Returns: way to generate -> pictures per CPU-second."""
    from keras_gen import DiffusionModel, build_unet

    model = DiffusionModel(build_unet((32, 32, 3)))
    return {
        "one compiled loop (ours)": rate(
            lambda: model.generate(PICTURES, STEPS, seed=0), PICTURES
        ),
        "compiled network, loop in Python": rate(
            lambda: lecture_loop(model, predict_of(model)), PICTURES
        ),
        "as the book writes it": rate(
            lambda: lecture_loop(model, call_of(model)), PICTURES
        ),
        **latent_grids(),
    }


def call_of(model):
    """The network called eagerly."""
    return lambda inputs: model.ema_unet(inputs, training=False)


def predict_of(model):
    """The network compiled by Keras, one step at a time."""
    return lambda inputs: model.ema_unet.predict_on_batch(inputs)


def lecture_loop(model, network):
    """The reverse process of the lecture, step by step in Python."""
    import keras
    from keras import ops

    noisy_images = keras.random.normal((PICTURES, *model.image_shape), seed=0)
    ones = ops.ones((PICTURES, 1, 1, 1))
    for step in range(STEPS):
        noise_rates, signal_rates = model.schedule(ones * (1 - step / STEPS))
        pred_noise_masks = ops.convert_to_tensor(network([noisy_images, noise_rates]))
        pred_images = (noisy_images - noise_rates * pred_noise_masks) / signal_rates
        noise_rates, signal_rates = model.schedule(ones * (1 - (step + 1) / STEPS))
        noisy_images = signal_rates * pred_images + noise_rates * pred_noise_masks
    return model.to_pictures(pred_images)


def latent_grids():
    """Decodes per CPU-second: all in one call, and point by point as the book does."""
    import numpy as np

    from keras_gen import build_decoder, latent_grid

    decoder = build_decoder((28, 28, 1), 2)
    few = 100  # of the 900 calls: each takes as long as the others

    def one_by_one():
        for x in np.linspace(-2, 2, few):
            decoder.predict(np.array([[x, 0.0]]), verbose=0)

    return {
        "latent grid, one call (ours)": rate(
            lambda: latent_grid(decoder, GRID), GRID**2
        ),
        "latent grid, a call each": rate(one_by_one, few),
    }


if __name__ == "__main__":
    main(measure, BACKENDS, __doc__, reference="jax")
