# right answer: build_encoder
# style: a sequential trunk, one head that is split in two

import keras
from keras import layers, ops


def build_encoder(image_shape, latent_dim):
    trunk = keras.Sequential(
        [
            layers.Conv2D(8, 3, 2, "same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2D(16, 3, 2, "same"),
            layers.LeakyReLU(),
            layers.Flatten(),
            layers.Dense(2 * latent_dim, activation="linear"),
        ]
    )
    images = keras.Input(image_shape)
    z_mean, z_log_var = ops.split(trunk(images), 2, axis=-1)
    return keras.Model(images, [z_mean, z_log_var])
