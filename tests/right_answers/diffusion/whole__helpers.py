# right answer: the whole set diffusion
# style: many helpers, a sinusoidal embedding of the noise rates, NumPy at the end

import math

import keras
import numpy as np
from keras import layers, ops

EMBEDDING_DIMS = 8


def angle_at(time, start, end):
    return start * (1.0 - time) + end * time


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    angles = angle_at(
        ops.cast(diffusion_times, "float32"),
        math.acos(max_signal_rate),
        math.acos(min_signal_rate),
    )
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    signal = signal_rates * images
    noise = noise_rates * noise_masks
    return signal + noise


def convolution(width, size=3, **kwargs):
    return layers.Conv2D(width, size, padding="same", **kwargs)


def residual_block(x, width):
    shortcut = convolution(width, 1)(x) if x.shape[-1] != width else x
    x = layers.BatchNormalization(scale=False)(x)
    x = convolution(width, activation="swish")(x)
    return layers.Activation("linear")(layers.Add()([convolution(width)(x), shortcut]))


class SinusoidalEmbedding(layers.Layer):
    """Noise rates as waves of growing frequency."""

    def call(self, x):
        frequencies = ops.exp(
            ops.linspace(math.log(1.0), math.log(100.0), EMBEDDING_DIMS // 2)
        )
        angles = 2.0 * math.pi * ops.cast(frequencies, x.dtype) * x
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def stage_down(x, width, block_depth, skips):
    for _ in range(block_depth):
        x = residual_block(x, width)
        skips.append(x)
    return layers.AveragePooling2D(pool_size=2)(x)


def stage_up(x, width, block_depth, skips):
    x = layers.UpSampling2D(size=2, interpolation="bilinear")(x)
    for _ in range(block_depth):
        x = residual_block(layers.Concatenate()([x, skips.pop()]), width)
    return x


def build_unet(image_shape, widths, block_depth):
    noisy_images = keras.Input(image_shape, name="noisy_images")
    noise_rates = keras.Input((1, 1, 1), name="noise_rates")
    embedding = SinusoidalEmbedding()(noise_rates)
    embedding = layers.UpSampling2D(image_shape[:2])(embedding)
    x = layers.Concatenate()([convolution(widths[0], 1)(noisy_images), embedding])
    skips = []
    for width in widths[:-1]:
        x = stage_down(x, width, block_depth, skips)
    for _ in range(block_depth):
        x = residual_block(x, widths[-1])
    for width in widths[-2::-1]:
        x = stage_up(x, width, block_depth, skips)
    x = convolution(image_shape[-1], 1, kernel_initializer="zeros")(x)
    return keras.Model([noisy_images, noise_rates], x)


class DiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, **kwargs):
        super().__init__(**kwargs)
        self.unet = unet
        self.image_shape = image_shape
        self.normalizer = layers.Normalization()
        self.noise_source = keras.random.SeedGenerator(3)

    def noise(self, num_images):
        return keras.random.normal(
            (num_images, *self.image_shape), seed=self.noise_source
        )

    def times(self, num_images):
        return keras.random.uniform((num_images, 1, 1, 1), seed=self.noise_source)

    def denoise(self, noisy_images, noise_rates, signal_rates):
        noise_masks = self.unet([noisy_images, noise_rates])
        return add_noise(
            noisy_images, noise_masks, -noise_rates / signal_rates, 1.0 / signal_rates
        ), noise_masks

    def call(self, images):
        num_images = ops.shape(images)[0]
        noise_masks = self.noise(num_images)
        rates = diffusion_schedule(self.times(num_images))
        noisy_images = add_noise(self.normalizer(images), noise_masks, *rates)
        pred_images, pred_noise_masks = self.denoise(noisy_images, *rates)
        return [pred_images, pred_noise_masks, noise_masks]

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True, **kwargs
    ):
        error = y_pred[2] - y_pred[1]
        return ops.mean(error * error)

    def reverse_diffusion(self, noisy_images, diffusion_steps):
        num_images = len(noisy_images)
        for step in range(diffusion_steps, 0, -1):
            now = ops.full((num_images, 1, 1, 1), step / diffusion_steps)
            later = ops.full((num_images, 1, 1, 1), (step - 1) / diffusion_steps)
            prediction = self.denoise(noisy_images, *diffusion_schedule(now))
            noisy_images = add_noise(*prediction, *diffusion_schedule(later))
        return prediction[0]

    def generate(self, num_images, diffusion_steps):
        images = self.reverse_diffusion(self.noise(num_images), diffusion_steps)
        scale = ops.sqrt(self.normalizer.variance)
        images = ops.convert_to_numpy(images * scale + self.normalizer.mean)
        return np.clip(images, 0.0, 255.0)
