# misconception: build_encoder
# slug: softplus_variance
# what: a softplus, as if the output were the variance
# told: looks like a softplus on z_log_var: it is a logarithm and may be negative

import keras
from keras import layers, ops


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(16, 3, 2, activation="relu", padding="same")(images)
    x = layers.Conv2D(32, 3, 2, activation="relu", padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    z_mean = layers.Dense(latent_dim)(x)
    z_log_var = ops.softplus(layers.Dense(latent_dim)(x))
    return keras.Model(images, [z_mean, z_log_var])
