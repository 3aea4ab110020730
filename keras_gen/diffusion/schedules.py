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
import numbers

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_positive_integers

# Where a schedule ends in no noise at all, this little is left, to divide by.
LEAST_NOISE = 1e-6


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

    Raises:
        ValueError: unless `0 < min_signal_rate < max_signal_rate <= 1`.

    Reference:
        Nichol & Dhariwal 2021, https://arxiv.org/abs/2102.09672, eq. 17, in the
        angular form of Salimans & Ho 2022, https://arxiv.org/abs/2202.00512.
    """
    _check_ends(min_signal_rate, max_signal_rate)
    start_angle = math.acos(max_signal_rate)
    end_angle = math.acos(min_signal_rate)
    diffusion_times = ops.convert_to_tensor(diffusion_times, dtype="float32")
    angles = start_angle + diffusion_times * (end_angle - start_angle)
    return ops.sin(angles), ops.cos(angles)


def shift_times(diffusion_times, time_shift):
    """Moves diffusion times towards 1, so that more of them have much noise.

    `time_shift * t / (1 + (time_shift - 1) * t)` leaves 0 and 1 where they are.  What
    all pixels of a picture share, such as its brightness, shows through far more
    noise than one pixel does, the more so the more pixels there are.  So it is
    settled near time 1, in few of the times that a uniform draw gives.

    Args:
        diffusion_times: floats in [0, 1], any shape.
        time_shift: above 0; 1 leaves all times where they are, and 2 makes twice as
            many of uniform times lie near 1, half as many near 0.

    Returns:
        Floats in [0, 1], of the same shape.

    Example:

    >>> shift_times(0.5, time_shift=3.0)
    0.75

    Reference:
        Esser et al. 2024, https://arxiv.org/abs/2403.03206, eq. 23;
        Hoogeboom et al. 2023, https://arxiv.org/abs/2301.11093, section 3.1 (why).
    """
    return time_shift * diffusion_times / (1 + (time_shift - 1) * diffusion_times)


def _check_ends(min_signal_rate, max_signal_rate):
    numbers_given = all(
        isinstance(rate, numbers.Real) for rate in (min_signal_rate, max_signal_rate)
    )
    if not numbers_given or not 0 < min_signal_rate < max_signal_rate <= 1:
        raise ValueError(
            "A schedule needs 0 < min_signal_rate < max_signal_rate <= 1; got "
            f"{min_signal_rate=}, {max_signal_rate=}."
        )


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
        _check_ends(min_signal_rate, max_signal_rate)
        self.min_signal_rate = min_signal_rate
        self.max_signal_rate = max_signal_rate

    def __call__(self, diffusion_times):
        return diffusion_schedule(
            diffusion_times, self.min_signal_rate, self.max_signal_rate
        )

    def times(self, log_snr):
        """The diffusion times at which `log(signal_rates / noise_rates)` is `log_snr`.

        Args:
            log_snr: floats, any shape.

        Returns:
            Floats of the same shape.
        """
        start, end = math.acos(self.max_signal_rate), math.acos(self.min_signal_rate)
        angles = ops.arctan(ops.exp(-ops.convert_to_tensor(log_snr, dtype="float32")))
        return (angles - start) / (end - start)

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


@keras.saving.register_keras_serializable(package="keras_gen")
class LinearSchedule:
    """DDPM's schedule: the variance of the noise that each step adds grows linearly.

    Ho et al. count steps 1 to `num_steps`; step `n` adds noise of variance `beta_n`,
    and `signal_rates**2` is the product of `1 - beta` so far.  Here step 1 is time 0
    and step `num_steps` is time 1; between steps the logarithm is interpolated.

    Args:
        beta_start: variance added by the first step.
        beta_end: variance added by the last step.
        num_steps: how many steps.

    Call arguments:
        diffusion_times: floats in [0, 1], any shape.

    Returns:
        `(noise_rates, signal_rates)`, each with the shape of `diffusion_times`.

    Raises:
        ValueError: unless `0 < beta_start <= beta_end < 1` and there are 2 steps.

    Example:

    >>> noise_rates, signal_rates = LinearSchedule()([0.0, 0.5, 1.0])
    >>> [round(float(rate), 3) for rate in signal_rates]
    [1.0, 0.28, 0.006]

    Reference:
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, section 4.
    """

    def __init__(self, beta_start=1e-4, beta_end=0.02, num_steps=1000):
        check_positive_integers(num_steps=num_steps)
        if not 0 < beta_start <= beta_end < 1 or num_steps < 2:
            raise ValueError(
                "LinearSchedule needs 0 < beta_start <= beta_end < 1 and 2 steps; got "
                f"{beta_start=}, {beta_end=}, {num_steps=}."
            )
        self.beta_start = beta_start
        self.beta_end = beta_end
        self.num_steps = num_steps
        betas = np.linspace(beta_start, beta_end, num_steps)
        self.log_signal_powers = np.cumsum(np.log1p(-betas))  # in float64: a long sum

    def __call__(self, diffusion_times):
        times = ops.convert_to_tensor(diffusion_times, dtype="float32")
        places = ops.clip(times, 0.0, 1.0) * (self.num_steps - 1)
        step = ops.minimum(ops.floor(places), self.num_steps - 2.0)
        table = ops.convert_to_tensor(self.log_signal_powers, dtype="float32")
        before, after = (
            ops.take(table, ops.cast(step, "int32") + offset) for offset in (0, 1)
        )
        log_powers = before + (places - step) * (after - before)
        return ops.sqrt(-ops.expm1(log_powers)), ops.exp(0.5 * log_powers)

    def times(self, log_snr):
        """The diffusion times at which `log(signal_rates / noise_rates)` is `log_snr`.

        Args:
            log_snr: floats, any shape.

        Returns:
            Floats of the same shape, in [0, 1].
        """
        # The signal's power is 1 / (1 + exp(-2 log_snr)), and its table falls.
        log_snr = ops.convert_to_tensor(log_snr, dtype="float32")
        log_powers = -ops.softplus(-2.0 * log_snr)
        rising = ops.convert_to_tensor(self.log_signal_powers[::-1], dtype="float32")
        right = ops.searchsorted(rising, ops.reshape(log_powers, (-1,)))
        right = ops.reshape(ops.clip(right, 1, self.num_steps - 1), ops.shape(log_snr))
        low, high = ops.take(rising, right - 1), ops.take(rising, right)
        places = ops.cast(right, "float32") - (high - log_powers) / (high - low)
        return ops.clip(1.0 - places / (self.num_steps - 1), 0.0, 1.0)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            "beta_start": self.beta_start,
            "beta_end": self.beta_end,
            "num_steps": self.num_steps,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the schedule that `get_config` described."""
        return cls(**config)


# ------------------------------------------------------------------ spacing of steps
# A walk of n steps asks its network n times.  Each function says at which time it is
# asked at step k, given k, n and the schedule; k and n may be tensors.


def lecture_times(index, num_steps, schedule):
    """`1 - k / n`: the last question is asked at `1 / n`."""
    return ops.maximum(1.0 - index / num_steps, 0.0)


def even_times(index, num_steps, schedule):
    """`1 - k / (n - 1)`: the last question is asked at time 0, the least noise."""
    return ops.maximum(1.0 - index / ops.maximum(num_steps - 1.0, 1.0), 0.0)


def quadratic_times(index, num_steps, schedule):
    """The square of `even_times`: more steps where there is little noise.

    Reference:
        Song et al. 2021, https://arxiv.org/abs/2010.02502, app. D.2.
    """
    return even_times(index, num_steps, schedule) ** 2


def log_snr_times(index, num_steps, schedule):
    """Even steps of `log(signal_rates / noise_rates)`.

    Reference:
        Lu et al. 2022, https://arxiv.org/abs/2206.00927, section 3.3.
    """
    (noise_0, signal_0), (noise_1, signal_1) = schedule(0.0), schedule(1.0)
    noise_0 = ops.maximum(noise_0, LEAST_NOISE)
    start, end = ops.log(signal_1 / noise_1), ops.log(signal_0 / noise_0)
    weight = even_times(index, num_steps, schedule)
    # The ends are exact: rounding must not leave them.
    return ops.where(
        (weight == 0.0) | (weight == 1.0),
        weight,
        schedule.times(weight * start + (1.0 - weight) * end),
    )


SPACINGS = {
    "lecture": lecture_times,
    "even": even_times,
    "quadratic": quadratic_times,
    "log_snr": log_snr_times,
}
