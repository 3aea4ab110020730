# right answer: the whole set vae
# style: the manner of the Keras book

import keras
import numpy as np
from keras import layers, ops


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


def build_encoder(image_shape, latent_dim):
    images = keras.Input(shape=image_shape)
    x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(images)
    x = layers.Conv2D(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(16, activation="relu")(x)
    z_mean = layers.Dense(latent_dim, name="z_mean")(x)
    z_log_var = layers.Dense(latent_dim, name="z_log_var")(x)
    return keras.Model(images, [z_mean, z_log_var], name="encoder")


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    latents = keras.Input(shape=(latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 64, activation="relu")(latents)
    x = layers.Reshape((height // 4, width // 4, 64))(x)
    x = layers.Conv2DTranspose(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Conv2D(channels, 3, activation="sigmoid", padding="same")(x)
    return keras.Model(latents, x, name="decoder")


class VAE(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.sampler = Sampler()
        self.reconstruction_loss_tracker = keras.metrics.Mean(
            name="reconstruction_loss"
        )
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    def call(self, inputs):
        return self.encoder(inputs)

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        z_mean, z_log_var = y_pred
        reconstruction = self.decoder(self.sampler(z_mean, z_log_var))
        reconstruction_term = ops.mean(reconstruction_loss(x, reconstruction))
        kl_term = ops.mean(kl_divergence(z_mean, z_log_var))
        self.reconstruction_loss_tracker.update_state(reconstruction_term)
        self.kl_loss_tracker.update_state(kl_term)
        return reconstruction_term + kl_term


def latent_grid(decoder, n, extent=2.0):
    grid_x = np.linspace(-extent, extent, n)
    grid_y = np.linspace(-extent, extent, n)[::-1]
    points = np.array([(x, y) for y in grid_y for x in grid_x], dtype="float32")
    decoded = decoder.predict(points, verbose=0)
    height, width, channels = decoded[0].shape
    figure = np.zeros((height * n, width * n, channels), dtype="float32")
    for i in range(n):
        for j in range(n):
            figure[i * height : (i + 1) * height, j * width : (j + 1) * width] = (
                decoded[i * n + j]
            )
    return figure
