# misconception: build_decoder
# slug: one_doubling_too_few
# what: the image comes out half as high and half as wide
# told: looks like one upsampling too few: your images are half as high and half as wide
#   as they should be

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    z = keras.Input((latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 16, activation="relu")(z)
    x = layers.Reshape((height // 4, width // 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(z, x)
