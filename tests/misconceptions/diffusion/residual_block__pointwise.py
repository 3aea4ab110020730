# misconception: residual_block
# slug: pointwise
# what: 1 x 1 convolutions
# told: looks like 1 x 1 convolutions: they never look at a neighbour, 3 x 3 was meant

from keras import layers


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.Conv2D(width, 1, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 1, padding="same")(x)
    return layers.Add()([x, residual])
