# misconception: build_decoder
# slug: tanh_output
# what: tanh at the end
# told: looks like tanh at the end: your pixels are in [-1, 1] where [0, 1] was meant

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    z = keras.Input((latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 16, activation="relu")(z)
    x = layers.Reshape((height // 4, width // 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2D(channels, 3, padding="same", activation="tanh")(x)
    return keras.Model(z, x)
