# misconception: build_unet
# slug: one_channel
# what: one output channel whatever image_shape says
# told: looks like one output channel whatever image_shape says: the noise has as many
#   as the image

import keras
from keras import layers


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, residual])


def build_unet(image_shape, widths, block_depth):
    height, width, _ = image_shape
    noisy_images = keras.Input(image_shape)
    noise_rates = keras.Input((1, 1, 1))
    rates = layers.UpSampling2D((height, width))(noise_rates)
    x = layers.Conv2D(widths[0], 1)(noisy_images)
    x = layers.Concatenate()([x, rates])
    skips = []
    for stage_width in widths[:-1]:
        for _ in range(block_depth):
            x = residual_block(x, stage_width)
            skips.append(x)
        x = layers.AveragePooling2D(2)(x)
    for _ in range(block_depth):
        x = residual_block(x, widths[-1])
    for stage_width in reversed(widths[:-1]):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        for _ in range(block_depth):
            x = layers.Concatenate()([x, skips.pop()])
            x = residual_block(x, stage_width)
    noise_masks = layers.Conv2D(1, 1, kernel_initializer="zeros")(x)
    return keras.Model([noisy_images, noise_rates], noise_masks)
