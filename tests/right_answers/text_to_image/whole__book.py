# right answer: the whole set text_to_image
# style: the manner of the Keras book

import math

import keras
from keras import layers, ops


def pool_tokens(token_embeddings, padding_mask):
    mask = ops.cast(padding_mask, token_embeddings.dtype)[:, :, None]
    return ops.sum(token_embeddings * mask, axis=1) / ops.sum(mask, axis=1)


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


def slerp(t, v1, v2):
    cosine = ops.clip(ops.sum(v1 * v2, axis=-1, keepdims=True), -1.0, 1.0)
    theta = ops.arccos(cosine)
    sine = ops.sin(theta)
    close = sine < 1e-4
    sine = ops.where(close, 1.0, sine)
    arc = ops.sin((1.0 - t) * theta) / sine * v1 + ops.sin(t * theta) / sine * v2
    return ops.where(close, (1.0 - t) * v1 + t * v2, arc)


def interpolate_prompts(e1, e2, num):
    return ops.stack([slerp(i / (num - 1), e1, e2) for i in range(num)])


def scale_output(x):
    x = ops.clip((x + 1.0) * 127.5, 0.0, 255.0)
    return ops.cast(ops.round(x), "uint8")
