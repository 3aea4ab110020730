# right answer: the whole set diffusion
# style: as short as it goes

import keras
import numpy as np
from keras import layers, ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    a, b = np.arccos([max_signal_rate, min_signal_rate])
    angle = float(a) + float(b - a) * diffusion_times
    return ops.sin(angle), ops.cos(angle)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return images * signal_rates + noise_masks * noise_rates


def residual_block(x, width):
    y = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(width, 3, padding="same")(y)
    return y + layers.Conv2D(width, 1)(x)


def build_unet(image_shape, widths, block_depth):
    i, r = keras.Input(image_shape), keras.Input((1, 1, 1))
    x = ops.concatenate([i, r + 0 * i], axis=-1)
    skips, down, depth = [], widths[:-1], range(block_depth)
    for w in down:
        for _ in depth:
            skips.append(x := residual_block(x, w))
        x = layers.MaxPooling2D()(x)
    for _ in depth:
        x = residual_block(x, widths[-1])
    for w in down[::-1]:
        x = layers.UpSampling2D()(x)
        for _ in depth:
            x = residual_block(ops.concatenate([x, skips.pop()], axis=-1), w)
    x = layers.Conv2D(image_shape[-1], 1, kernel_initializer="zeros")(x)
    return keras.Model([i, r], x)


class DiffusionModel(keras.Model):
    def __init__(self, unet, image_shape):
        super().__init__()
        self.unet, self.shape = unet, image_shape
        self.normalizer = layers.Normalization()
        self.seed = keras.random.SeedGenerator()

    def denoise(self, noisy_images, noise_rates, signal_rates):
        noise = self.unet([noisy_images, noise_rates])
        return (noisy_images - noise_rates * noise) / signal_rates, noise

    def call(self, images):
        b = ops.shape(images)[0]
        e = keras.random.normal((b, *self.shape), seed=self.seed)
        n, s = diffusion_schedule(keras.random.uniform((b, 1, 1, 1), seed=self.seed))
        return (*self.denoise(s * self.normalizer(images) + n * e, n, s), e)

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        return ops.mean((y_pred[1] - y_pred[2]) ** 2)

    def generate(self, num_images, diffusion_steps):
        e = x = keras.random.normal((num_images, *self.shape), seed=self.seed)
        for i in range(diffusion_steps, 0, -1):
            t = ops.ones((num_images, 1, 1, 1)) / diffusion_steps
            n, s = diffusion_schedule(t * i)
            x, e = self.denoise(x if i == diffusion_steps else s * x + n * e, n, s)
        x = x * self.normalizer.variance**0.5 + self.normalizer.mean
        return ops.clip(x, 0, 255)
