# misconception: build_decoder
# slug: relu_output
# what: relu at the end, which has no upper bound
# told: looks like relu at the end: it has no upper bound, and your brightest pixel is
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
    x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
    return keras.Model(z, x)
