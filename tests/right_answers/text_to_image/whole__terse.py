# right answer: the whole set text_to_image
# style: as short as it goes, one formula for small angles, too

import math

import keras
import numpy as np
from keras import layers, ops


def pool_tokens(token_embeddings, padding_mask):
    m = ops.cast(padding_mask, "float32")[..., None]
    return ops.sum(m * token_embeddings, 1) / ops.sum(m, 1)


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_uncond + (noise_cond - noise_uncond) * guidance_scale


def slerp(t, v1, v2):
    a = ops.arccos(ops.clip(ops.sum(v1 * v2, -1, keepdims=True), -1, 1))
    a = ops.maximum(a, 1e-4)  # sin(x) / sin(a) is x / a for small angles
    return (ops.sin((1 - t) * a) * v1 + ops.sin(t * a) * v2) / ops.sin(a)


def interpolate_prompts(e1, e2, num):
    return ops.stack([slerp(i / (num - 1), e1, e2) for i in range(num)])


def scale_output(x):
    return np.clip(np.asarray(x) * 127.5 + 128, 0, 255.5).astype("uint8")


def rates(times):
    a, b = math.acos(0.95), math.acos(0.02)
    return ops.sin(a + (b - a) * times), ops.cos(a + (b - a) * times)


class TextConditionedDiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, drop_rate=0.1):
        super().__init__()
        self.unet, self.size, self.drop_rate = unet, image_shape, drop_rate
        self.normalizer = layers.Normalization()
        self.seed = keras.random.SeedGenerator()

    def denoise(self, noisy_images, noise_rates, signal_rates, texts):
        noise = self.unet([noisy_images, noise_rates, texts])
        return (noisy_images - noise_rates * noise) / signal_rates, noise

    def call(self, inputs, training=False):
        x, c = self.normalizer(inputs["images"]), inputs["text_embeddings"]
        b = ops.shape(x)[0]
        u = keras.random.uniform((b, 1), seed=self.seed)
        c = ops.where(u < (self.drop_rate if training else 0.0), 0.0, c)
        e = keras.random.normal((b, *self.size), seed=self.seed)
        n, s = rates(keras.random.uniform((b, 1, 1, 1), seed=self.seed))
        return (*self.denoise(s * x + n * e, n, s, c), e)

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        return ops.mean((y_pred[1] - y_pred[2]) ** 2)

    def generate(
        self, text_embeddings, diffusion_steps, guidance_scale, negative_embeddings=None
    ):
        c, d = text_embeddings, negative_embeddings
        d = ops.zeros_like(c) if d is None else d
        x = keras.random.normal((len(c), *self.size), seed=self.seed)
        step = ops.ones((len(c), 1, 1, 1)) / diffusion_steps
        for i in range(diffusion_steps, 0, -1):
            n, s = rates(i * step)
            e = guided_noise(self.unet([x, n, d]), self.unet([x, n, c]), guidance_scale)
            image = (x - n * e) / s
            n, s = rates((i - 1) * step)
            x = s * image + n * e
        image = image * self.normalizer.variance**0.5 + self.normalizer.mean
        return ops.clip(image, 0, 255)
