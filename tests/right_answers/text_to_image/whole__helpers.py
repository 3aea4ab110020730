# right answer: the whole set text_to_image
# style: a layer that drops texts, all rates made before the loop

import math

import keras
import numpy as np
from keras import layers, ops


def pool_tokens(token_embeddings, padding_mask):
    weights = ops.cast(padding_mask, "float32")
    weights = weights / ops.sum(weights, axis=-1, keepdims=True)
    return ops.einsum("bl,bld->bd", weights, token_embeddings)


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return (1 - guidance_scale) * noise_uncond + guidance_scale * noise_cond


def slerp(t, v1, v2):
    theta = ops.arccos(ops.clip(ops.sum(v1 * v2, -1, keepdims=True), -1.0, 1.0))
    near = theta < 1e-3
    theta = ops.where(near, 1.0, theta)
    w1 = ops.where(near, 1.0 - t, ops.sin((1.0 - t) * theta) / ops.sin(theta))
    w2 = ops.where(near, t + 0.0 * theta, ops.sin(t * theta) / ops.sin(theta))
    return w1 * v1 + w2 * v2


def interpolate_prompts(e1, e2, num):
    times = [step / (num - 1) for step in range(num)]
    points = [ops.expand_dims(slerp(time, e1, e2), axis=0) for time in times]
    return ops.concatenate(points, axis=0)


def scale_output(x):
    x = np.clip(np.asarray(x), -1.0, 1.0)
    return np.rint(127.5 * (x + 1.0)).astype(np.uint8)


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates * images + noise_rates * noise_masks


class TextDropout(layers.Layer):
    """Replaces whole texts by a learned null text, in training only."""

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, shape):
        self.null = self.add_weight(shape=(1, shape[-1]), initializer="random_normal")

    def call(self, texts, training=False):
        if not training:
            return texts
        chances = keras.random.uniform(
            (ops.shape(texts)[0], 1), seed=self.seed_generator
        )
        null = ops.convert_to_tensor(self.null)
        return ops.where(chances < self.rate, null, texts)

    def nulls(self, texts):
        """As many null texts as there are texts."""
        if not self.built:
            self.build(texts.shape)
        return ops.zeros_like(texts) + self.null


class TextConditionedDiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, drop_rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.unet = unet
        self.image_shape = image_shape
        self.normalizer = layers.Normalization()
        self.text_dropout = TextDropout(drop_rate)
        self.seed_generator = keras.random.SeedGenerator()

    def denoise(
        self, noisy_images, noise_rates, signal_rates, text_embeddings, training=False
    ):
        inputs = [noisy_images, noise_rates, text_embeddings]
        return self.split(inputs[0], noise_rates, signal_rates, self.unet(inputs))

    def split(self, noisy_images, noise_rates, signal_rates, noise_masks):
        return (noisy_images - noise_rates * noise_masks) / signal_rates, noise_masks

    def call(self, inputs, training=False):
        images = self.normalizer(inputs["images"])
        texts = self.text_dropout(inputs["text_embeddings"], training=training)
        noise_masks = keras.random.normal(ops.shape(images), seed=self.seed_generator)
        times = keras.random.uniform(
            (ops.shape(images)[0], 1, 1, 1), seed=self.seed_generator
        )
        rates = diffusion_schedule(times)
        noisy_images = add_noise(images, noise_masks, *rates)
        return *self.denoise(noisy_images, *rates, texts), noise_masks

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return ops.mean(keras.losses.mean_squared_error(y_pred[2], y_pred[1]))

    def guided(self, noisy_images, noise_rates, texts, negatives, scale):
        cond = self.unet([noisy_images, noise_rates, texts])
        uncond = self.unet([noisy_images, noise_rates, negatives])
        return guided_noise(uncond, cond, scale)

    def generate(
        self, text_embeddings, diffusion_steps, guidance_scale, negative_embeddings=None
    ):
        texts = ops.convert_to_tensor(text_embeddings, dtype="float32")
        if negative_embeddings is None:
            negatives = self.text_dropout.nulls(texts)
        else:
            negatives = ops.convert_to_tensor(negative_embeddings, dtype="float32")
        num_images = texts.shape[0]
        x = keras.random.normal(
            (num_images, *self.image_shape), seed=self.seed_generator
        )
        all_rates = [
            diffusion_schedule(ops.full((num_images, 1, 1, 1), time))
            for time in np.linspace(1.0, 0.0, diffusion_steps + 1)
        ]
        for now, later in zip(all_rates[:-1], all_rates[1:], strict=True):
            noise = self.guided(x, now[0], texts, negatives, guidance_scale)
            images, noise = self.split(x, *now, noise)
            x = add_noise(images, noise, *later)
        images = images * ops.sqrt(self.normalizer.variance) + self.normalizer.mean
        return ops.convert_to_numpy(ops.clip(images, 0.0, 255.0))
