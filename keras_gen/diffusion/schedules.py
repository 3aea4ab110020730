"""How much signal and how much noise a picture holds at each diffusion time.

    noisy_images = signal_rates * images + noise_rates * noise_masks

A diffusion time runs from 0 (the picture) to 1 (noise).  With
`noise_rates**2 + signal_rates**2 = 1` and normalised pictures, noisy pictures keep
variance 1 at all times (the variance-preserving process).

Synopsis:

>>> from keras_gen.diffusion.schedules import diffusion_schedule
>>> noise_rates, signal_rates = diffusion_schedule([0.0, 0.5, 1.0])
>>> [round(float(rate), 2) for rate in signal_rates]
[0.95, 0.59, 0.02]
"""

import math

import keras
from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    """The cosine schedule: an angle that grows linearly with the diffusion time.

    `angle(t) = (1 - t) * arccos(max_signal_rate) + t * arccos(min_signal_rate)`,
    `signal_rates = cos(angle)`, `noise_rates = sin(angle)`.  The ends stop short of
    1 and 0: at time 0 a little noise is left for the network to see, and at time 1
    a little signal, because the picture is found by dividing by the signal rate.

    Args:
        diffusion_times: floats in [0, 1], any shape; usually `(batch, 1, 1, 1)`.
        min_signal_rate: signal rate at time 1, in (0, max_signal_rate).
        max_signal_rate: signal rate at time 0, in (min_signal_rate, 1].

    Returns:
        `(noise_rates, signal_rates)`, each with the shape of `diffusion_times`.

    Reference:
        Nichol & Dhariwal 2021, https://arxiv.org/abs/2102.09672, eq. 17, in the
        angular form of Salimans & Ho 2022, https://arxiv.org/abs/2202.00512.
    """
    start_angle = math.acos(max_signal_rate)
    end_angle = math.acos(min_signal_rate)
    diffusion_times = ops.convert_to_tensor(diffusion_times, dtype="float32")
    angles = start_angle + diffusion_times * (end_angle - start_angle)
    return ops.sin(angles), ops.cos(angles)


def add_noise(images, noise_masks, noise_rates, signal_rates):
    """Mixes pictures and noise: `signal_rates * images + noise_rates * noise_masks`.

    Args:
        images: normalised pictures, `(batch, height, width, channels)`.
        noise_masks: standard normal noise of the same shape.
        noise_rates: `(batch, 1, 1, 1)`.
        signal_rates: `(batch, 1, 1, 1)`.

    Returns:
        The noisy pictures, shaped as `images`.

    Reference:
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, eq. 4.
    """
    return signal_rates * images + noise_rates * noise_masks


@keras.saving.register_keras_serializable(package="keras_gen")
class CosineSchedule:
    """`diffusion_schedule` with its two ends held, as a part of a diffusion model.

    Args:
        min_signal_rate: signal rate at time 1.
        max_signal_rate: signal rate at time 0.

    Call arguments:
        diffusion_times: floats in [0, 1], any shape.

    Returns:
        `(noise_rates, signal_rates)`.

    Raises:
        ValueError: unless `0 < min_signal_rate < max_signal_rate <= 1`.
    """

    def __init__(self, min_signal_rate=0.02, max_signal_rate=0.95):
        if not 0 < min_signal_rate < max_signal_rate <= 1:
            raise ValueError(
                "A schedule needs 0 < min_signal_rate < max_signal_rate <= 1; got "
                f"min_signal_rate={min_signal_rate}, max_signal_rate={max_signal_rate}."
            )
        self.min_signal_rate = min_signal_rate
        self.max_signal_rate = max_signal_rate

    def __call__(self, diffusion_times):
        return diffusion_schedule(
            diffusion_times, self.min_signal_rate, self.max_signal_rate
        )

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            "min_signal_rate": self.min_signal_rate,
            "max_signal_rate": self.max_signal_rate,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the schedule that `get_config` described."""
        return cls(**config)
