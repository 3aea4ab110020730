# misconception: residual_block
# slug: no_skip
# what: the skip connection is missing
# told: looks like two convolutions without the skip connection around them

from keras import layers


def residual_block(x, width):
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    return layers.Conv2D(width, 3, padding="same")(x)
