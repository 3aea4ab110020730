"""Diffusion and a VAE as Chollet's book writes them.

Deep Learning with Python, 3rd edition, ch. 17.  In our own words and with our network,
which is the book's; the method and the work of each step are its: a model of `call`
and `compute_loss`, a normalisation layer, the cosine schedule, mean absolute error, and
a reverse process that is a Python loop.
"""

import keras
import numpy as np
from keras import ops

from keras_gen.diffusion import diffusion_schedule


class BookDiffusion(keras.Model):
    """Learns the noise of noisy pictures, and draws with an eager loop.

    Args:
        unet: `[noisy_images, noise_rates]` -> noise masks.
        seed: of times and noise.  The book draws the noise first; here the times come
            first, as in our `DiffusionModel`, so that the losses can be compared.

    `training` is handed on to the network.  Where it is left out, Keras 3.15 takes the
    moving statistics for the batch's in `fit` too, and never moves them: a step that
    does less work, and learns with normalisations that do nothing.
    """

    def __init__(self, unet, seed=None):
        super().__init__()
        self.unet = unet
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.loss_of_noise = keras.losses.MeanAbsoluteError()
        self.normalizer = keras.layers.Normalization()

    def denoise(self, noisy_images, noise_rates, signal_rates, training=False):
        """Predicts the noise, and from it the picture."""
        noise_masks = self.unet([noisy_images, noise_rates], training=training)
        return (noisy_images - noise_rates * noise_masks) / signal_rates, noise_masks

    def call(self, images, training=False):
        """Makes noisy pictures of all times and denoises them."""
        images = self.normalizer(images)
        batch_size = ops.shape(images)[0]
        times = keras.random.uniform((batch_size, 1, 1, 1), seed=self.seed_generator)
        noise_masks = keras.random.normal(ops.shape(images), seed=self.seed_generator)
        noise_rates, signal_rates = diffusion_schedule(times)
        noisy_images = signal_rates * images + noise_rates * noise_masks
        pred_images, pred_noise_masks = self.denoise(
            noisy_images, noise_rates, signal_rates, training
        )
        return pred_images, pred_noise_masks, noise_masks

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """Mean absolute error of the noise."""
        _, pred_noise_masks, noise_masks = y_pred
        return self.loss_of_noise(noise_masks, pred_noise_masks)

    def generate(self, num_images, diffusion_steps, network=None):
        """The reverse process, step by step in Python; `network` is the U-Net's own."""
        network = network or self.unet
        shape = (num_images, *self.unet.output_shape[1:])
        noisy_images = keras.random.normal(shape, seed=self.seed_generator)
        for step in range(diffusion_steps):
            times = ops.ones((num_images, 1, 1, 1)) - step / diffusion_steps
            noise_rates, signal_rates = diffusion_schedule(times)
            noise_masks = ops.convert_to_tensor(network([noisy_images, noise_rates]))
            images = (noisy_images - noise_rates * noise_masks) / signal_rates
            noise_rates, signal_rates = diffusion_schedule(times - 1 / diffusion_steps)
            noisy_images = signal_rates * images + noise_rates * noise_masks
        images = self.normalizer.mean + images * self.normalizer.variance**0.5
        return ops.clip(images, 0.0, 255.0)


class BookVAE(keras.Model):
    """Encodes, draws and decodes pictures in [0, 1].

    Args:
        encoder: pictures -> `[z_mean, z_log_var]`.
        decoder: `z` -> pictures in [0, 1].
        seed: of the draws.
    """

    def __init__(self, encoder, decoder, seed=None):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_tracker = keras.metrics.Mean(name="kl_loss")

    def call(self, images):
        """Gives the Gaussians of pictures, and what a draw of each decodes to."""
        z_mean, z_log_var = self.encoder(images)
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        z = z_mean + ops.exp(0.5 * z_log_var) * epsilon
        return self.decoder(z), z_mean, z_log_var

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """Cross-entropy summed over the pixels, plus the KL divergence."""
        reconstructions, z_mean, z_log_var = y_pred
        losses = keras.losses.binary_crossentropy(x, reconstructions)
        reconstruction = ops.mean(ops.sum(losses, axis=(1, 2)))
        terms = 1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)
        kl = -0.5 * ops.mean(ops.sum(terms, axis=-1))
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        return reconstruction + kl


def of_keras(model):
    """The same network of Keras's own layers, where ours are made from them."""

    def swap(layer):
        kinds = type(layer).__mro__
        keras_s = next(k for k in kinds if not k.__module__.startswith("keras_gen"))
        return keras_s.from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=swap)


def optimizer():
    """AdamW at a constant rate."""
    return keras.optimizers.AdamW(1e-3, weight_decay=1e-4)


def decode_one_by_one(decoder, points):
    """Draws a latent grid as the book does: a `predict` for each point."""
    return np.stack([decoder.predict(p[None], verbose=0)[0] for p in points])
