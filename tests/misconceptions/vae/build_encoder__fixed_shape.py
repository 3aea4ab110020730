# misconception: build_encoder
# slug: fixed_shape
# what: 28 x 28 grey images whatever image_shape says
# told: looks like images of 28 x 28 x 1 whatever image_shape says

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input((28, 28, 1))
    x = layers.Conv2D(16, 3, 2, activation="relu", padding="same")(images)
    x = layers.Conv2D(32, 3, 2, activation="relu", padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    return keras.Model(
        images, [layers.Dense(latent_dim)(x), layers.Dense(latent_dim)(x)]
    )
