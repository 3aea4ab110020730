# misconception: build_encoder
# slug: one_head
# what: one head gives both outputs
# told: looks like one layer for both outputs: z_mean and z_log_var are the same numbers

import keras
from keras import layers


def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    x = layers.Conv2D(16, 3, 2, activation="relu", padding="same")(images)
    x = layers.Conv2D(32, 3, 2, activation="relu", padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    head = layers.Dense(latent_dim)
    return keras.Model(images, [head(x), head(x)])
