# misconception: build_encoder
# slug: pooling
# what: max pooling in the place of strides
# told: looks like pooling layers: strided convolutions were asked for, since a VAE must
#   keep where things are

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(16, 3, activation="relu", padding="same")(images)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(32, 3, activation="relu", padding="same")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    return keras.Model(
        images, [layers.Dense(latent_dim)(x), layers.Dense(latent_dim)(x)]
    )
