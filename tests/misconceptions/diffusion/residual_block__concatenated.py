# misconception: residual_block
# slug: concatenated
# what: the skip is concatenated, not added
# told: looks like a concatenation where an addition was meant: {number} channels come
#   out

from keras import layers


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Concatenate()([x, residual])
