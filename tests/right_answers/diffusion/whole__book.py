# right answer: the whole set diffusion
# style: the manner of the Keras book

import keras
from keras import layers, ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = ops.arccos(max_signal_rate), ops.arccos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates * images + noise_rates * noise_masks


def residual_block(x, width):
    residual = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, residual])


def build_unet(image_shape, widths, block_depth):
    height, width, channels = image_shape
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
    noise_masks = layers.Conv2D(channels, 1, kernel_initializer="zeros")(x)
    return keras.Model([noisy_images, noise_rates], noise_masks)


class DiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, **kwargs):
        super().__init__(**kwargs)
        self.image_shape = image_shape
        self.denoising_model = unet
        self.seed_generator = keras.random.SeedGenerator()
        self.loss_function = keras.losses.MeanSquaredError()
        self.normalizer = keras.layers.Normalization()

    def denoise(self, noisy_images, noise_rates, signal_rates):
        pred_noise_masks = self.denoising_model([noisy_images, noise_rates])
        pred_images = (noisy_images - noise_rates * pred_noise_masks) / signal_rates
        return pred_images, pred_noise_masks

    def call(self, images):
        images = self.normalizer(images)
        batch_size = ops.shape(images)[0]
        noise_masks = keras.random.normal(
            (batch_size, *self.image_shape), seed=self.seed_generator
        )
        diffusion_times = keras.random.uniform(
            (batch_size, 1, 1, 1), minval=0.0, maxval=1.0, seed=self.seed_generator
        )
        noise_rates, signal_rates = diffusion_schedule(diffusion_times)
        noisy_images = signal_rates * images + noise_rates * noise_masks
        pred_images, pred_noise_masks = self.denoise(
            noisy_images, noise_rates, signal_rates
        )
        return pred_images, pred_noise_masks, noise_masks

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        _, pred_noise_masks, noise_masks = y_pred
        return self.loss_function(noise_masks, pred_noise_masks)

    def generate(self, num_images, diffusion_steps):
        noisy_images = keras.random.normal(
            (num_images, *self.image_shape), seed=self.seed_generator
        )
        diffusion_times = ops.ones((num_images, 1, 1, 1))
        step_size = 1.0 / diffusion_steps
        noise_rates, signal_rates = diffusion_schedule(diffusion_times)
        for _ in range(diffusion_steps):
            pred_images, pred_noises = self.denoise(
                noisy_images, noise_rates, signal_rates
            )
            diffusion_times = diffusion_times - step_size
            noise_rates, signal_rates = diffusion_schedule(diffusion_times)
            noisy_images = signal_rates * pred_images + noise_rates * pred_noises
        images = self.normalizer.mean + pred_images * self.normalizer.variance**0.5
        return ops.clip(images, 0.0, 255.0)
