# right answer: the whole set vae
# style: many helpers, a base class, trackers in a list, losses from call

import keras
import numpy as np
from keras import layers, ops

LATENT_CHANNELS = 24


def gaussian_noise_like(x, seed):
    return keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seed)


class Seeded(layers.Layer):
    """A layer with its own stream of random numbers."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.stream = keras.random.SeedGenerator(seed)


class Sampler(Seeded):
    def call(self, z_mean, z_log_var):
        std = ops.exp(ops.multiply(0.5, z_log_var))
        return z_mean + std * gaussian_noise_like(z_mean, self.stream)


def sum_but_batch(x):
    return ops.sum(x, axis=tuple(range(1, len(x.shape))))


def kl_divergence(z_mean, z_log_var):
    variance = ops.exp(z_log_var)
    return sum_but_batch(0.5 * (variance + ops.square(z_mean) - 1.0 - z_log_var))


def safe_log(p):
    return ops.log(ops.maximum(p, 1e-7))


def reconstruction_loss(images, reconstructions):
    white = images * safe_log(reconstructions)
    black = (1.0 - images) * safe_log(1.0 - reconstructions)
    return sum_but_batch(-white - black)


def down(filters):
    return layers.Conv2D(filters, 5, strides=2, padding="same", activation="elu")


def up(filters):
    return [
        layers.UpSampling2D(2, interpolation="nearest"),
        layers.Conv2D(filters, 3, padding="same", activation="elu"),
    ]


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape, name="images")
    features = down(LATENT_CHANNELS)(down(LATENT_CHANNELS // 2)(images))
    features = layers.Flatten(name="features")(features)
    heads = [
        layers.Dense(latent_dim, name=name)(features) for name in ("mean", "log_var")
    ]
    return keras.Model(images, heads)


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    small = (height // 4, width // 4, LATENT_CHANNELS)
    stack = [
        layers.Dense(small[0] * small[1] * small[2], activation="elu"),
        layers.Reshape(small),
        *up(LATENT_CHANNELS),
        *up(LATENT_CHANNELS // 2),
        layers.Conv2D(channels, 3, padding="same", activation="sigmoid"),
    ]
    return keras.Sequential([keras.Input((latent_dim,)), *stack])


class VAE(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.sampler = Sampler(seed=7)
        self.trackers = [
            keras.metrics.Mean(name="reconstruction_loss"),
            keras.metrics.Mean(name="kl_loss"),
        ]

    def encode(self, images):
        z_mean, z_log_var = self.encoder(images)
        return z_mean, z_log_var, self.sampler(z_mean, z_log_var)

    def call(self, images):
        z_mean, z_log_var, z = self.encode(images)
        losses = reconstruction_loss(images, self.decoder(z))
        return losses, kl_divergence(z_mean, z_log_var)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True, **kwargs
    ):
        for tracker, losses in zip(self.trackers, y_pred, strict=True):
            tracker.update_state(losses)
        return ops.mean(y_pred[0]) + ops.mean(y_pred[1])


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    right, up = np.meshgrid(axis, np.flip(axis))
    latents = np.stack([right, up], axis=-1).reshape(n * n, 2).astype("float32")
    images = np.asarray(decoder.predict(latents, batch_size=n * n, verbose=0))
    rows = [np.concatenate(images[i * n : (i + 1) * n], axis=1) for i in range(n)]
    return np.concatenate(rows, axis=0)
