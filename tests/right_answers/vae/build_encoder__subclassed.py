# right answer: build_encoder
# style: a subclassed model, unbuilt until it is called, a tuple of outputs

import keras
from keras import layers


class Encoder(keras.Model):
    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.convolutions = [
            layers.Conv2D(filters, 4, strides=2, padding="same", activation="relu")
            for filters in (16, 32)
        ]
        self.flatten = layers.Flatten()
        self.to_mean = layers.Dense(latent_dim)
        self.to_log_var = layers.Dense(latent_dim)

    def call(self, x):
        for convolution in self.convolutions:
            x = convolution(x)
        x = self.flatten(x)
        return self.to_mean(x), self.to_log_var(x)


def build_encoder(image_shape, latent_dim):
    return Encoder(latent_dim)
