# right answer: residual_block
# style: a sequential body, layers.Add, pre-activation with layer normalisation

import keras
from keras import layers


def residual_block(x, width):
    body = keras.Sequential(
        [
            layers.LayerNormalization(),
            layers.Activation("gelu"),
            layers.Conv2D(width, (3, 3), padding="same"),
            layers.Activation("gelu"),
            layers.Conv2D(width, (3, 3), padding="same"),
        ]
    )
    skip = x if x.shape[-1] == width else layers.Conv2D(width, (1, 1))(x)
    return layers.Add()([skip, body(x)])
