# right answer: the whole set vae
# style: subclassed networks with nested custom layers, built by a first call

import keras
import numpy as np
from keras import layers, ops


class Downsample(layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2D(filters, 3, strides=2, padding="same")
        self.norm = layers.LayerNormalization()

    def call(self, x):
        return ops.silu(self.norm(self.conv(x)))


class Upsample(layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2DTranspose(filters, 3, strides=2, padding="same")

    def call(self, x):
        return ops.silu(self.conv(x))


class Encoder(keras.Model):
    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [Downsample(8), Downsample(16)]
        self.flatten = layers.Flatten()
        self.z_mean = layers.Dense(latent_dim)
        self.z_log_var = layers.Dense(latent_dim)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        x = self.flatten(x)
        return self.z_mean(x), self.z_log_var(x)


class Decoder(keras.Model):
    def __init__(self, image_shape, **kwargs):
        super().__init__(**kwargs)
        height, width, channels = image_shape
        self.start = (height // 4, width // 4, 16)
        self.dense = layers.Dense(height * width)
        self.blocks = [Upsample(16), Upsample(8)]
        self.to_image = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")

    def call(self, z):
        x = ops.reshape(self.dense(z), (-1, *self.start))
        for block in self.blocks:
            x = block(x)
        return self.to_image(x)


def build_encoder(image_shape, latent_dim):
    encoder = Encoder(latent_dim)
    encoder(ops.zeros((1, *image_shape)))
    return encoder


def build_decoder(image_shape, latent_dim):
    decoder = Decoder(image_shape)
    decoder(ops.zeros((1, latent_dim)))
    return decoder


class Sampler(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


def kl_divergence(z_mean, z_log_var):
    per_dimension = 1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)
    return -0.5 * ops.sum(per_dimension, axis=-1)


def reconstruction_loss(images, reconstructions):
    losses = keras.losses.binary_crossentropy(images, reconstructions)
    return ops.sum(losses, axis=(1, 2)) * images.shape[-1]


class VAE(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.sampler = Sampler()
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_tracker = keras.metrics.Mean(name="kl_loss")

    def call(self, images):
        z_mean, z_log_var = self.encoder(images)
        z = self.sampler(z_mean, z_log_var)
        return self.decoder(z), z_mean, z_log_var

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        reconstructions, z_mean, z_log_var = y_pred
        reconstruction = ops.mean(reconstruction_loss(x, reconstructions))
        kl = ops.mean(kl_divergence(z_mean, z_log_var))
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        return reconstruction + kl


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    right, up = np.meshgrid(axis, np.flip(axis))
    latents = np.stack([right, up], axis=-1).reshape(n * n, 2).astype("float32")
    images = np.asarray(decoder.predict(latents, batch_size=n * n, verbose=0))
    rows = [np.concatenate(images[i * n : (i + 1) * n], axis=1) for i in range(n)]
    return np.concatenate(rows, axis=0)
