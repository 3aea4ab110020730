# right answer: the whole set diffusion
# style: functional network by recursion, two seeds, helpers as methods

import math

import keras
import numpy as np
from keras import layers, ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates * images + noise_rates * noise_masks


def residual_block(x, width):
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
                x = residual_block(x, widths[index])
            return x
        skips = []
        for _ in range(block_depth):
            x = residual_block(x, widths[index])
            skips.append(x)
        x = layers.Conv2D(widths[index], 3, strides=2, padding="same")(x)
        x = level(x, index + 1)
        x = layers.Conv2DTranspose(widths[index], 4, strides=2, padding="same")(x)
        for skip in reversed(skips):
            x = residual_block(ops.concatenate([x, skip], axis=-1), widths[index])
        return x

    zeros = keras.initializers.Zeros()
    last = layers.Conv2D(image_shape[-1], 3, padding="same", kernel_initializer=zeros)
    noise = last(level(x, 0))
    return keras.Model(inputs=[images, rates], outputs=noise, name="unet")


class DiffusionModel(keras.Model):
    def __init__(self, unet, image_shape):
        super().__init__()
        self.unet = unet
        self.shape_of_image = image_shape
        self.normalizer = layers.Normalization(axis=None)
        self.mse = keras.losses.MeanSquaredError()
        self.noise_seed = keras.random.SeedGenerator(1)
        self.time_seed = keras.random.SeedGenerator(2)

    def draw_noise(self, num):
        shape = (num, *self.shape_of_image)
        return keras.random.normal(shape, seed=self.noise_seed)

    def denoise(self, noisy_images, noise_rates, signal_rates, training=False):
        noise = self.unet([noisy_images, noise_rates], training=training)
        return (noisy_images - noise_rates * noise) / signal_rates, noise

    def call(self, images, training=False):
        images = self.normalizer(images)
        num = ops.shape(images)[0]
        noise_masks = self.draw_noise(num)
        times = keras.random.uniform((num,), minval=0, maxval=1, seed=self.time_seed)
        noise_rates, signal_rates = diffusion_schedule(
            ops.reshape(times, (-1, 1, 1, 1))
        )
        noisy_images = images * signal_rates + noise_masks * noise_rates
        return *self.denoise(
            noisy_images, noise_rates, signal_rates, training
        ), noise_masks

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        return self.mse(y_pred[2], y_pred[1])

    def denormalize(self, images):
        images = self.normalizer.mean + images * self.normalizer.variance**0.5
        return ops.clip(images, 0, 255)

    def generate(self, num_images, diffusion_steps):
        noisy_images = self.draw_noise(num_images)
        for time in np.arange(diffusion_steps, 0, -1) / diffusion_steps:
            times = ops.full((num_images, 1, 1, 1), time)
            noise_rates, signal_rates = diffusion_schedule(times)
            images, noise = self.denoise(noisy_images, noise_rates, signal_rates)
            noise_rates, signal_rates = diffusion_schedule(times - 1 / diffusion_steps)
            noisy_images = signal_rates * images + noise_rates * noise
        return self.denormalize(images)
