# misconception: residual_block
# slug: one_convolution
# what: one 3 x 3 convolution
# told: looks like one 3 x 3 convolution where two were meant

from keras import layers


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    return layers.Add()([x, residual])
