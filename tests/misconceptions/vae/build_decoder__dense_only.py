# misconception: build_decoder
# slug: dense_only
# what: dense layers alone, no convolution
# told: looks like dense layers alone: upsampling by convolutions was asked for

import math

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    model = keras.Sequential([keras.Input((latent_dim,))])
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(math.prod(image_shape), activation="sigmoid"))
    model.add(layers.Reshape(image_shape))
    return model
