# right answer: VAE
# style: a dict from call, losses as methods, trackers in a dict

import keras
from keras import layers, ops


class Sampler(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


class VAE(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.sampler = Sampler()
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in ("reconstruction_loss", "kl_loss")
        }

    def call(self, inputs, training=None):
        mean, log_var = self.encoder(inputs, training=training)
        images = self.decoder(self.sampler(mean, log_var), training=training)
        return {"images": images, "mean": mean, "log_var": log_var}

    @staticmethod
    def losses_of(x, outputs):
        bce = ops.binary_crossentropy(x, outputs["images"])
        variance = ops.exp(outputs["log_var"])
        kl = variance + ops.square(outputs["mean"]) - 1.0 - outputs["log_var"]
        return {
            "reconstruction_loss": ops.sum(bce, axis=(1, 2, 3)),
            "kl_loss": 0.5 * ops.sum(kl, axis=-1),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        losses = self.losses_of(ops.cast(x, "float32"), y_pred)
        for name, values in losses.items():
            self.trackers[name].update_state(values)
        return ops.mean(sum(losses.values()))
