# right answer: the whole set vae
# style: as short as it goes, sequential networks

import keras
import numpy as np
from keras import layers, ops


class Sampler(keras.Layer):
    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, z_mean, z_log_var):
        noise = keras.random.normal(ops.shape(z_mean), seed=self.seeds)
        return z_mean + noise * ops.exp(z_log_var / 2)


def kl_divergence(z_mean, z_log_var):
    return ops.sum(ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var, -1) / 2


def reconstruction_loss(images, reconstructions):
    return ops.sum(ops.binary_crossentropy(images, reconstructions), (1, 2, 3))


def build_encoder(image_shape, latent_dim):
    convs = [layers.Conv2D(f, 3, 2, "same", activation="relu") for f in (8, 16)]
    x = keras.Input(image_shape)
    h = keras.Sequential([*convs, layers.Flatten()])(x)
    return keras.Model(x, (layers.Dense(latent_dim)(h), layers.Dense(latent_dim)(h)))


def build_decoder(image_shape, latent_dim):
    h, w, c = image_shape
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(h * w, "relu"),
            layers.Reshape((h // 4, w // 4, 16)),
            layers.Conv2DTranspose(8, 4, 2, "same", activation="relu"),
            layers.Conv2DTranspose(c, 4, 2, "same", activation="sigmoid"),
        ]
    )


class VAE(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder, self.sampler = encoder, decoder, Sampler()
        self.rl = keras.metrics.Mean("reconstruction_loss")
        self.kl = keras.metrics.Mean("kl_loss")

    def call(self, x):
        m, v = self.encoder(x)
        return self.decoder(self.sampler(m, v)), m, v

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        r, m, v = y_pred
        rl, kl = reconstruction_loss(x, r), kl_divergence(m, v)
        self.rl.update_state(rl)
        self.kl.update_state(kl)
        return ops.mean(rl + kl)


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    right, up = np.meshgrid(axis, np.flip(axis))
    latents = np.stack([right, up], axis=-1).reshape(n * n, 2).astype("float32")
    images = np.asarray(decoder.predict(latents, batch_size=n * n, verbose=0))
    rows = [np.concatenate(images[i * n : (i + 1) * n], axis=1) for i in range(n)]
    return np.concatenate(rows, axis=0)
