# misconception: build_decoder
# slug: square_only
# what: the height is used for both sides
# told: looks like the height used for both sides: images that are not square come out
#   with the wrong shape

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    size, channels = image_shape[0], image_shape[-1]
    z = keras.Input((latent_dim,))
    x = layers.Dense((size // 4) ** 2 * 16, activation="relu")(z)
    x = layers.Reshape((size // 4, size // 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(z, x)
