# right answer: build_unet
# style: recursive, strided and transposed convolutions, no normalisation

import keras
from keras import layers, ops


def conv_block(x, width):
    y = layers.Conv2D(width, 3, padding="same")(layers.Activation("silu")(x))
    y = layers.Conv2D(width, 3, padding="same")(layers.Activation("silu")(y))
    if x.shape[-1] != width:
        x = layers.Conv2D(width, 1)(x)
    return x + y


def build_unet(image_shape, widths, block_depth):
    images, rates = keras.Input(image_shape), keras.Input((1, 1, 1))
    plane = ops.zeros_like(images[..., :1]) + rates
    x = ops.concatenate([images, plane], axis=-1)
    x = layers.Conv2D(widths[0], 3, padding="same")(x)

    def level(x, index):
        """A stage, all that lies below it, and its mirror."""
        if index == len(widths) - 1:
            for _ in range(block_depth):
                x = conv_block(x, widths[index])
            return x
        skips = []
        for _ in range(block_depth):
            x = conv_block(x, widths[index])
            skips.append(x)
        x = layers.Conv2D(widths[index], 3, strides=2, padding="same")(x)
        x = level(x, index + 1)
        x = layers.Conv2DTranspose(widths[index], 4, strides=2, padding="same")(x)
        for skip in reversed(skips):
            x = conv_block(ops.concatenate([x, skip], axis=-1), widths[index])
        return x

    zeros = keras.initializers.Zeros()
    last = layers.Conv2D(image_shape[-1], 3, padding="same", kernel_initializer=zeros)
    noise = last(level(x, 0))
    return keras.Model(inputs=[images, rates], outputs=noise, name="unet")
