# misconception: TextConditionedDiffusionModel.generate
# slug: first_text_for_all
# what: the first text for all images
# told: looks like the first text for all images: each text gets an image of its own

import math

import keras
from keras import layers, ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates * images + noise_rates * noise_masks


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_uncond + guidance_scale * (noise_cond - noise_uncond)


class TextConditionedDiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, drop_rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.unet = unet
        self.image_shape = tuple(image_shape)
        self.drop_rate = drop_rate
        self.normalizer = layers.Normalization()
        self.seed_generator = keras.random.SeedGenerator()

    def denoise(self, noisy_images, noise_rates, signal_rates, text_embeddings):
        pred_noise_masks = self.unet([noisy_images, noise_rates, text_embeddings])
        pred_images = (noisy_images - noise_rates * pred_noise_masks) / signal_rates
        return pred_images, pred_noise_masks

    def drop_texts(self, text_embeddings):
        chances = keras.random.uniform(
            (ops.shape(text_embeddings)[0], 1), seed=self.seed_generator
        )
        kept = ops.cast(chances >= self.drop_rate, text_embeddings.dtype)
        return text_embeddings * kept

    def call(self, inputs, training=False):
        images = self.normalizer(inputs["images"])
        text_embeddings = inputs["text_embeddings"]
        if training:
            text_embeddings = self.drop_texts(text_embeddings)
        batch_size = ops.shape(images)[0]
        noise_masks = keras.random.normal(
            (batch_size, *self.image_shape), seed=self.seed_generator
        )
        diffusion_times = keras.random.uniform(
            (batch_size, 1, 1, 1), seed=self.seed_generator
        )
        noise_rates, signal_rates = diffusion_schedule(diffusion_times)
        noisy_images = add_noise(images, noise_masks, noise_rates, signal_rates)
        pred_images, pred_noise_masks = self.denoise(
            noisy_images, noise_rates, signal_rates, text_embeddings
        )
        return pred_images, pred_noise_masks, noise_masks

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        _, pred_noise_masks, noise_masks = y_pred
        return ops.mean(ops.square(noise_masks - pred_noise_masks))

    def generate(
        self, text_embeddings, diffusion_steps, guidance_scale, negative_embeddings=None
    ):
        num_images = ops.shape(text_embeddings)[0]
        text_embeddings = ops.zeros_like(text_embeddings) + text_embeddings[:1]
        if negative_embeddings is None:
            negative_embeddings = ops.zeros_like(text_embeddings)
        noisy_images = keras.random.normal(
            (num_images, *self.image_shape), seed=self.seed_generator
        )
        step_size = 1.0 / diffusion_steps
        for step in range(diffusion_steps):
            diffusion_times = ops.ones((num_images, 1, 1, 1)) - step * step_size
            noise_rates, signal_rates = diffusion_schedule(diffusion_times)
            noise_cond = self.denoise(
                noisy_images, noise_rates, signal_rates, text_embeddings
            )[1]
            noise_uncond = self.denoise(
                noisy_images, noise_rates, signal_rates, negative_embeddings
            )[1]
            noise_masks = guided_noise(noise_uncond, noise_cond, guidance_scale)
            pred_images = (noisy_images - noise_rates * noise_masks) / signal_rates
            next_rates = diffusion_schedule(diffusion_times - step_size)
            noisy_images = add_noise(pred_images, noise_masks, *next_rates)
        std = ops.sqrt(self.normalizer.variance)
        return ops.clip(self.normalizer.mean + pred_images * std, 0.0, 255.0)
