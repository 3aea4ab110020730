# misconception: build_decoder
# slug: linear_output
# what: no activation at the end
# told: looks like a linear output: some of your pixels are outside [0, 1], such as
#   {number}

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    z = keras.Input((latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 16, activation="relu")(z)
    x = layers.Reshape((height // 4, width // 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    return keras.Model(z, layers.Conv2D(channels, 3, padding="same")(x))
