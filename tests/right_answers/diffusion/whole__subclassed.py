# right answer: the whole set diffusion
# style: subclassed network, loop by fori_loop

import math

import keras
from keras import layers, ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates * images + noise_rates * noise_masks


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


def residual_block(x, width):
    return ResBlock(width)(x)


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


class DiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, name="diffusion_model"):
        super().__init__(name=name)
        self.network = unet
        self.size = list(image_shape)
        self.normalizer = layers.Normalization(axis=-1)
        self.generator = keras.random.SeedGenerator(seed=99)

    def denoise(self, noisy_images, noise_rates, signal_rates):
        pred_noise_masks = self.network((noisy_images, noise_rates))
        rest = ops.subtract(noisy_images, ops.multiply(noise_rates, pred_noise_masks))
        return ops.divide(rest, signal_rates), pred_noise_masks

    def call(self, images):
        normalized = self.normalizer(images)
        noise_masks = keras.random.normal(
            ops.shape(normalized), dtype=normalized.dtype, seed=self.generator
        )
        times = keras.random.uniform(
            ops.shape(normalized[:, :1, :1, :1]), 0.0, 1.0, seed=self.generator
        )
        noise_rates, signal_rates = diffusion_schedule(times)
        noisy = add_noise(normalized, noise_masks, noise_rates, signal_rates)
        pred_images, pred_noise_masks = self.denoise(noisy, noise_rates, signal_rates)
        return pred_images, pred_noise_masks, noise_masks

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True, **kwargs
    ):
        _, pred_noise_masks, noise_masks = y_pred
        losses = keras.losses.mean_squared_error(noise_masks, pred_noise_masks)
        return ops.mean(losses)

    def generate(self, num_images, diffusion_steps):
        step_size = 1.0 / diffusion_steps
        noise = keras.random.normal([num_images, *self.size], seed=self.generator)

        def step(index, state):
            noisy_images, _ = state
            now = ops.ones((num_images, 1, 1, 1)) - step_size * ops.cast(
                index, "float32"
            )
            pred_images, pred_noise_masks = self.denoise(
                noisy_images, *diffusion_schedule(now)
            )
            noise_rates, signal_rates = diffusion_schedule(now - step_size)
            return (
                add_noise(pred_images, pred_noise_masks, noise_rates, signal_rates),
                pred_images,
            )

        _, images = ops.fori_loop(0, diffusion_steps, step, (noise, noise))
        images = images * ops.sqrt(self.normalizer.variance) + self.normalizer.mean
        return ops.minimum(ops.maximum(images, 0.0), 255.0)
