# misconception: build_unet
# slug: ignores_noise_rates
# what: the noise rates are not joined to anything
# told: looks like a network that does not look at the noise rates: it cannot know how
#   much noise to expect

import keras
from keras import layers


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, residual])


def build_unet(image_shape, widths, block_depth):
    channels = image_shape[-1]
    noisy_images = keras.Input(image_shape)
    noise_rates = keras.Input((1, 1, 1))
    x = layers.Conv2D(widths[0], 1)(noisy_images)
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
    noise_masks = layers.Conv2D(channels, 1, kernel_initializer="zeros")(x)
    return keras.Model([noisy_images, noise_rates], noise_masks)
