# misconception: VAE
# slug: kl_weighted
# what: a weight of 0.1 on the KL term
# told: looks like a weight on the KL term: it counts {number} times what it should

import keras
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
        return reconstruction + 0.1 * kl
