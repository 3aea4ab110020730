# misconception: build_encoder
# slug: no_strides
# what: the convolutions have no strides, so nothing gets smaller
# told: looks like convolutions without strides: nothing is downsampled before the dense
#   layers

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(8, 3, activation="relu", padding="same")(images)
    x = layers.Conv2D(8, 3, activation="relu", padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    return keras.Model(
        images, [layers.Dense(latent_dim)(x), layers.Dense(latent_dim)(x)]
    )
