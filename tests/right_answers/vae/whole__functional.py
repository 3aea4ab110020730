# right answer: the whole set vae
# style: functional networks, all work in call, losses through keras.ops

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
    return ops.sum(0.5 * (ops.exp(z_log_var) + z_mean**2 - 1.0 - z_log_var), axis=1)


def reconstruction_loss(images, reconstructions):
    return ops.sum(ops.binary_crossentropy(images, reconstructions), axis=(1, 2, 3))


def build_encoder(image_shape, latent_dim):
    inputs = x = keras.Input(image_shape)
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, strides=2, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("swish")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, [layers.Dense(latent_dim)(x) for _ in range(2)])


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    inputs = keras.Input((latent_dim,))
    x = layers.Dense(height * width // 16 * 32)(inputs)
    x = layers.Reshape((height // 4, width // 4, 32))(x)
    for filters in (32, 16):
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(channels, 1)(x)
    return keras.Model(inputs, ops.sigmoid(x))


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
