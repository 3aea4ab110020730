# misconception: build_encoder
# slug: sigmoid_mean
# what: a sigmoid on z_mean
# told: looks like a sigmoid on z_mean: means may be negative and of any size, so that
#   output must be linear

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(16, 3, 2, activation="relu", padding="same")(images)
    x = layers.Conv2D(32, 3, 2, activation="relu", padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    z_mean = layers.Dense(latent_dim, activation="sigmoid")(x)
    z_log_var = layers.Dense(latent_dim)(x)
    return keras.Model(images, [z_mean, z_log_var])
