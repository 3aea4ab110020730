# misconception: build_decoder
# slug: softmax_output
# what: a softmax over the channels at the end
# told: looks like softmax at the end: the channels of each pixel add up to 1, so a grey
#   image is white all over

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    z = keras.Input((latent_dim,))
    x = layers.Dense(height // 4 * (width // 4) * 16, activation="relu")(z)
    x = layers.Reshape((height // 4, width // 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, 3, 2, activation="relu", padding="same")(x)
    x = layers.Conv2D(channels, 3, padding="same", activation="softmax")(x)
    return keras.Model(z, x)
