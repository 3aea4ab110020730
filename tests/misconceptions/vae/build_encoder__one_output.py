# misconception: build_encoder
# slug: one_output
# what: one output, as of a plain autoencoder
# told: looks like the encoder of a plain autoencoder: it has one output where two were
#   meant

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(16, 3, 2, activation="relu", padding="same")(images)
    x = layers.Conv2D(32, 3, 2, activation="relu", padding="same")(x)
    return keras.Model(images, layers.Dense(latent_dim)(layers.Flatten()(x)))
