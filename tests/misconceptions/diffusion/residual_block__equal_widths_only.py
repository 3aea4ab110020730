# misconception: residual_block
# slug: equal_widths_only
# what: no 1 x 1 convolution, so the width must not change
# told: looks like a skip without a 1 x 1 convolution: it cannot be added where the
#   width changes

from keras import layers


def residual_block(x, width):
    residual = x
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, residual])
