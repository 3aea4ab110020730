# misconception: build_decoder
# slug: one_channel
# what: one channel whatever image_shape says
# told: looks like one channel whatever image_shape says

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, _ = image_shape
    z = keras.Input((latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 16, activation="relu")(z)
    x = layers.Reshape((height // 4, width // 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(z, x)
