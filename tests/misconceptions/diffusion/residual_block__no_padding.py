# misconception: residual_block
# slug: no_padding
# what: the convolutions have no padding, and the skip is cropped to fit
# told: looks like convolutions without padding: {number} rows are lost in each block

from keras import layers


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.Conv2D(width, 3, activation="swish")(x)
    x = layers.Conv2D(width, 3)(x)
    return layers.Add()([x, layers.Cropping2D(2)(residual)])
