# right answer: TextConditionedDiffusionModel
# style: a learned null text, both branches in one batch, scalar statistics

import math

import keras
from keras import layers, ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_uncond + guidance_scale * (noise_cond - noise_uncond)


class TextConditionedDiffusionModel(keras.Model):
    def __init__(self, unet, image_shape, drop_rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.unet = unet
        self.image_shape = image_shape
        self.drop_rate = drop_rate
        self.normalizer = layers.Normalization(axis=None)
        self.seeds = keras.random.SeedGenerator(5)
        self.null_text = self.add_weight(
            shape=(1, unet.inputs[2].shape[-1]), initializer="zeros", name="null_text"
        )

    def predict_noise(self, noisy_images, noise_rates, texts, training=False):
        return self.unet([noisy_images, noise_rates, texts], training=training)

    def denoise(self, noisy_images, noise_rates, signal_rates, texts, training=False):
        noise = self.predict_noise(noisy_images, noise_rates, texts, training)
        return (noisy_images - noise_rates * noise) / signal_rates, noise

    def call(self, inputs, training=False):
        images, texts = self.normalizer(inputs["images"]), inputs["text_embeddings"]
        num = ops.shape(images)[0]
        if training:
            is_dropped = keras.random.uniform((num, 1), seed=self.seeds)
            null = ops.convert_to_tensor(self.null_text)
            texts = ops.where(is_dropped < self.drop_rate, null, texts)
        noise_masks = keras.random.normal((num, *self.image_shape), seed=self.seeds)
        times = keras.random.uniform((num, 1, 1, 1), seed=self.seeds)
        noise_rates, signal_rates = diffusion_schedule(times)
        noisy_images = signal_rates * images + noise_rates * noise_masks
        pred_images, pred_noise_masks = self.denoise(
            noisy_images, noise_rates, signal_rates, texts, training
        )
        return pred_images, pred_noise_masks, noise_masks

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        return ops.mean((y_pred[1] - y_pred[2]) ** 2)

    def generate(
        self, text_embeddings, diffusion_steps, guidance_scale, negative_embeddings=None
    ):
        texts = ops.convert_to_tensor(text_embeddings)
        num = len(texts)
        if negative_embeddings is None:
            negative = ops.repeat(ops.convert_to_tensor(self.null_text), num, axis=0)
        else:
            negative = ops.convert_to_tensor(negative_embeddings)
        both = ops.concatenate([texts, negative], axis=0)
        noisy_images = keras.random.normal((num, *self.image_shape), seed=self.seeds)
        for step in range(diffusion_steps, 0, -1):
            time = ops.full((num, 1, 1, 1), step / diffusion_steps)
            noise_rates, signal_rates = diffusion_schedule(time)
            noise = self.predict_noise(
                ops.concatenate([noisy_images, noisy_images]),
                ops.concatenate([noise_rates, noise_rates]),
                both,
            )
            cond, uncond = ops.split(noise, 2, axis=0)
            noise = guided_noise(uncond, cond, guidance_scale)
            images = (noisy_images - noise_rates * noise) / signal_rates
            noise_rates, signal_rates = diffusion_schedule(time - 1 / diffusion_steps)
            noisy_images = signal_rates * images + noise_rates * noise
        images = self.normalizer.mean + images * self.normalizer.variance**0.5
        return ops.clip(images, 0.0, 255.0)
