# right answer: build_decoder
# style: a functional model with transposed convolutions

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    z = keras.Input(shape=(latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 64, activation="relu")(z)
    x = layers.Reshape((height // 4, width // 4, 64))(x)
    x = layers.Conv2DTranspose(64, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(32, 3, 2, activation="relu", padding="same")(x)
    images = layers.Conv2D(channels, 3, activation="sigmoid", padding="same")(x)
    return keras.Model(z, images, name="decoder")
