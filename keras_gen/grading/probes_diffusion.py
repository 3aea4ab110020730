"""Trusted networks that stand in for a U-Net: what they answer is known in closed form.

They run beside the submission, in the box too; each takes `[noisy_images, noise_rates]`
and answers noise masks.  None keeps a state, so each works in any loop.
"""

import keras
from keras import ops


class Affine(keras.Model):
    """Predicts `slope * noisy_images + rate * noise_rates + level`.

    Args:
        slope: number or array that broadcasts over the images.
        rate: the same.
        level: the same.
    """

    def __init__(self, slope=0.0, rate=0.0, level=0.0, **kwargs):
        super().__init__(**kwargs)
        self.settings = {"slope": slope, "rate": rate, "level": level}

    def call(self, inputs, training=None):
        noisy_images, noise_rates = inputs
        slope, rate, level = self.settings.values()
        return slope * noisy_images + rate * noise_rates + level

    def get_config(self):
        return dict(self.settings)


class Certain(keras.Model):
    """Sure that there is one image: predicts the noise that would be left of it.

    Args:
        image: array, normalised.
    """

    def __init__(self, image, **kwargs):
        super().__init__(**kwargs)
        self.settings = {"image": image}

    def call(self, inputs, training=None):
        noisy_images, noise_rates = inputs
        signal_rates = ops.sqrt(1.0 - noise_rates * noise_rates)
        return (noisy_images - signal_rates * self.settings["image"]) / noise_rates

    def get_config(self):
        return dict(self.settings)


class Revealing(keras.Model):
    """Predicts what it was given: the rate as first channel, and the other channels."""

    def call(self, inputs, training=None):
        noisy_images, noise_rates = inputs
        plane = noise_rates + ops.zeros_like(noisy_images[..., :1])
        return ops.concatenate([plane, noisy_images[..., 1:]], axis=-1)


class Learning(keras.Model):
    """Predicts a pattern, times its one weight.

    Args:
        pattern: array that broadcasts over the images.
        start: the weight.
    """

    def __init__(self, pattern, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.settings = {"pattern": pattern, "start": start}
        self.size = self.add_weight(
            name="size", shape=(), initializer=keras.initializers.Constant(start)
        )

    def call(self, inputs, training=None):
        noisy_images, _ = inputs
        return 0.0 * noisy_images + self.size * self.settings["pattern"]

    def get_config(self):
        return dict(self.settings)
