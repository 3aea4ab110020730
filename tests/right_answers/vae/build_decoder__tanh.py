# right answer: build_decoder
# style: a subclassed model, tanh moved to [0, 1]

import math

import keras
from keras import layers, ops


class Decoder(keras.Model):
    def __init__(self, image_shape):
        super().__init__()
        height, width, channels = image_shape
        start = (height // 4, width // 4, 16)
        self.dense = layers.Dense(math.prod(start))
        self.reshape = layers.Reshape(start)
        self.up1 = layers.Conv2DTranspose(16, 4, strides=2, padding="same")
        self.up2 = layers.Conv2DTranspose(channels, 4, strides=2, padding="same")

    def call(self, z):
        x = self.reshape(ops.relu(self.dense(z)))
        x = ops.relu(self.up1(x))
        return 0.5 * (1.0 + ops.tanh(self.up2(x)))


def build_decoder(image_shape, latent_dim):
    decoder = Decoder(image_shape)
    decoder.build((None, latent_dim))
    return decoder
