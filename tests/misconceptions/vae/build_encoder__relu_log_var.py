# misconception: build_encoder
# slug: relu_log_var
# what: a relu on z_log_var
# told: looks like a relu on z_log_var: the variance can then never be below 1

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(16, 3, 2, activation="relu", padding="same")(images)
    x = layers.Conv2D(32, 3, 2, activation="relu", padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    z_mean = layers.Dense(latent_dim)(x)
    z_log_var = layers.Dense(latent_dim, activation="relu")(x)
    return keras.Model(images, [z_mean, z_log_var])
