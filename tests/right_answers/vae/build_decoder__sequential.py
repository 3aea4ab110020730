# right answer: build_decoder
# style: a sequential model with resized convolutions

import keras
from keras import layers


def build_decoder(image_shape, latent_dim):
    height, width, channels = image_shape
    model = keras.Sequential()
    model.add(keras.Input((latent_dim,)))
    model.add(layers.Dense((height // 2) * (width // 2) * 8, activation="swish"))
    model.add(layers.Reshape((height // 2, width // 2, 8)))
    model.add(layers.UpSampling2D(2, interpolation="bilinear"))
    model.add(layers.Conv2D(16, 3, padding="same", activation="swish"))
    model.add(layers.Conv2D(channels, 3, padding="same"))
    model.add(layers.Activation("sigmoid"))
    return model
