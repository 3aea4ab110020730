# right answer: VAE
# style: call encodes only; compute_loss draws, decodes and writes both formulas out

import keras
from keras import ops


class VAE(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.seed_generator = keras.random.SeedGenerator()
        self.reconstruction_loss_tracker = keras.metrics.Mean("reconstruction_loss")
        self.kl_loss_tracker = keras.metrics.Mean("kl_loss")

    def call(self, images):
        return self.encoder(images)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        z_mean, z_log_var = y_pred
        noise = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        p = self.decoder(z_mean + ops.exp(z_log_var / 2) * noise)
        p = ops.clip(p, 1e-7, 1 - 1e-7)
        bce = -(x * ops.log(p) + (1 - x) * ops.log(1 - p))
        kl = (ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2
        batch_size = ops.cast(ops.shape(x)[0], "float32")
        reconstruction_loss = ops.sum(bce) / batch_size
        kl_loss = ops.sum(kl) / batch_size
        self.reconstruction_loss_tracker.update_state(reconstruction_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return ops.add(reconstruction_loss, kl_loss)
