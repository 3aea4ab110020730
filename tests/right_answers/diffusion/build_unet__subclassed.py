# right answer: build_unet
# style: a subclassed network of custom layers, built by a first call

import keras
from keras import layers, ops


class ResBlock(layers.Layer):
    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.norm = layers.GroupNormalization(groups=1)
        self.conv1 = layers.Conv2D(width, 3, padding="same")
        self.conv2 = layers.Conv2D(width, 3, padding="same")
        self.skip = None

    def build(self, input_shape):
        if input_shape[-1] != self.width:
            self.skip = layers.Conv2D(self.width, 1)

    def call(self, x):
        y = self.conv2(ops.silu(self.conv1(self.norm(x))))
        return y + (x if self.skip is None else self.skip(x))


class UNet(keras.Model):
    def __init__(self, image_shape, widths, block_depth, **kwargs):
        super().__init__(**kwargs)
        stages = list(widths[:-1])
        self.first = layers.Conv2D(widths[0], 1)
        self.down = [[ResBlock(w) for _ in range(block_depth)] for w in stages]
        self.middle = [ResBlock(widths[-1]) for _ in range(block_depth)]
        self.up = [[ResBlock(w) for _ in range(block_depth)] for w in stages[::-1]]
        self.pool = layers.AveragePooling2D(2)
        self.resize = layers.UpSampling2D()
        self.last = layers.Conv2D(image_shape[-1], 1, kernel_initializer="zeros")

    def call(self, inputs):
        noisy_images, noise_rates = inputs
        x = self.first(noisy_images)
        x = ops.concatenate([x, noise_rates * ops.ones_like(x[..., :1])], axis=-1)
        skips = []
        for blocks in self.down:
            for block in blocks:
                x = block(x)
                skips.append(x)
            x = self.pool(x)
        for block in self.middle:
            x = block(x)
        for blocks in self.up:
            x = self.resize(x)
            for block in blocks:
                x = block(ops.concatenate([x, skips.pop()], axis=-1))
        return self.last(x)


def build_unet(image_shape, widths, block_depth):
    unet = UNet(image_shape, widths, block_depth)
    unet([ops.zeros((1, *image_shape)), ops.zeros((1, 1, 1, 1))])
    return unet
