# right answer: TextConditionedDiffusionModel
# style: a base class of its own, the prediction passed in as a function

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


def clean(noisy_images, noise_masks, noise_rates, signal_rates):
    return (noisy_images - noise_rates * noise_masks) / signal_rates


class DiffusionModel(keras.Model):
    """What both models share: normaliser, noise, times, loss, reverse diffusion."""

    def __init__(self, unet, image_shape, **kwargs):
        super().__init__(**kwargs)
        self.unet = unet
        self.image_shape = image_shape
        self.normalizer = layers.Normalization()
        self.random = keras.random.SeedGenerator()

    def noise(self, num_images):
        return keras.random.normal((num_images, *self.image_shape), seed=self.random)

    def noise_and_denoise(self, images, texts):
        images = self.normalizer(images)
        num_images = ops.shape(images)[0]
        noise_masks = self.noise(num_images)
        times = keras.random.uniform((num_images, 1, 1, 1), seed=self.random)
        noise_rates, signal_rates = diffusion_schedule(times)
        noisy_images = add_noise(images, noise_masks, noise_rates, signal_rates)
        pred_noise_masks = self.unet([noisy_images, noise_rates, texts])
        pred_images = clean(noisy_images, pred_noise_masks, noise_rates, signal_rates)
        return pred_images, pred_noise_masks, noise_masks

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        _, pred_noise_masks, noise_masks = y_pred
        error = ops.reshape(noise_masks - pred_noise_masks, (-1,))
        return ops.mean(ops.square(error))

    def reverse_diffusion(self, noisy_images, diffusion_steps, predict_noise):
        ones = ops.ones((len(noisy_images), 1, 1, 1))
        for step in range(diffusion_steps):
            now, later = (1.0 - (step + i) / diffusion_steps for i in (0, 1))
            rates = diffusion_schedule(now * ones)
            noise_masks = predict_noise(noisy_images, rates[0])
            images = clean(noisy_images, noise_masks, *rates)
            noisy_images = add_noise(
                images, noise_masks, *diffusion_schedule(later * ones)
            )
        std = ops.sqrt(self.normalizer.variance)
        return ops.clip(images * std + self.normalizer.mean, 0.0, 255.0)


class TextConditionedDiffusionModel(DiffusionModel):
    def __init__(self, unet, image_shape, drop_rate=0.1, **kwargs):
        super().__init__(unet, image_shape, **kwargs)
        self.drop_rate = drop_rate

    def denoise(self, noisy_images, noise_rates, signal_rates, texts):
        noise_masks = self.unet([noisy_images, noise_rates, texts])
        return clean(noisy_images, noise_masks, noise_rates, signal_rates), noise_masks

    def call(self, inputs, training=None):
        texts = inputs["text_embeddings"]
        if training:
            chances = keras.random.uniform((ops.shape(texts)[0], 1), seed=self.random)
            texts = ops.where(chances < self.drop_rate, ops.zeros_like(texts), texts)
        return self.noise_and_denoise(inputs["images"], texts)

    def generate(
        self, text_embeddings, diffusion_steps, guidance_scale, negative_embeddings=None
    ):
        texts = ops.convert_to_tensor(text_embeddings, "float32")
        others = 0.0 * texts
        if negative_embeddings is not None:
            others = ops.convert_to_tensor(negative_embeddings, "float32")

        def predict_noise(noisy_images, noise_rates):
            cond = self.unet([noisy_images, noise_rates, texts])
            uncond = self.unet([noisy_images, noise_rates, others])
            return guided_noise(uncond, cond, guidance_scale)

        noise = self.noise(len(texts))
        return self.reverse_diffusion(noise, diffusion_steps, predict_noise)
