# misconception: residual_block
# slug: strided
# what: the first convolution has stride 2
# told: looks like a stride of 2 in the block: height and width are to be kept

from keras import layers


def residual_block(x, width):
    residual = layers.Conv2D(width, 1, strides=2)(x)
    x = layers.Conv2D(width, 3, strides=2, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, residual])
