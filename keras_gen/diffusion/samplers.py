"""From pure noise to a picture: the reverse process, one loop and five ways to step.

A sampler sees two functions, never a model: `denoise`, which splits a noisy picture
into the picture and the noise it predicts, and `schedule`, which gives the rates.

Each way to step is a pure function beside its equation (`ddim_step`, `ddpm_step`, …),
and a sampler of the same name that asks `denoise` for what the step needs.  All of
them but DDPM walk along the same curves, those of the probability-flow equation

    dx / ds = pred_noise_masks,  x = noisy_images / signal_rates,
                                 s = noise_rates / signal_rates

from large `s` to small: what differs is how far a step may go before it strays.

Synopsis, with pictures that are all black, so that `denoise` has an easy job:

>>> from keras_gen.diffusion import CosineSchedule, reverse_diffusion
>>> def denoise(noisy_images, noise_rates, signal_rates):
...     return ops.zeros_like(noisy_images), noisy_images / noise_rates
>>> noise = ops.ones((1, 4, 4, 1))
>>> _, images = reverse_diffusion(
...     denoise, CosineSchedule(), noise, 10, sampler="dpm_solver"
... )
>>> float(ops.max(images))
0.0
"""

import dataclasses
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_gen.checks import check_fraction, one_of
from keras_gen.diffusion.schedules import LEAST_NOISE, SPACINGS

# --------------------------------------------------------------------------- steps


class Rates(NamedTuple):
    """How noisy a picture is: two tensors `(batch, 1, 1, 1)`."""

    noise: Any
    signal: Any

    @property
    def ratio(self):
        """Noise for one part of signal, the `s` of the probability flow."""
        return self.noise / self.signal

    @property
    def log_snr(self):
        """Logarithm of signal by noise, lambda in DPM-Solver."""
        return ops.log(self.signal) - ops.log(self.noise)


def ddim_step(
    pred_images,
    pred_noise_masks,
    next_noise_rates,
    next_signal_rates,
    fresh_noise=None,
    fresh_rates=0.0,
):
    """Mixes the predicted picture and noise again, at the next, lower noise level.

    Args:
        pred_images: predicted pictures `(batch, height, width, channels)`.
        pred_noise_masks: predicted noise, same shape.
        next_noise_rates: `(batch, 1, 1, 1)`.
        next_signal_rates: `(batch, 1, 1, 1)`.
        fresh_noise: standard normal noise; None where there is none on the way.
        fresh_rates: how much of the noise is fresh, sigma in the paper.

    Returns:
        The pictures at the next noise level.

    Reference:
        Song et al. 2021, https://arxiv.org/abs/2010.02502, eq. 12.
    """
    if fresh_noise is None:
        return next_signal_rates * pred_images + next_noise_rates * pred_noise_masks
    kept_rates = ops.sqrt(ops.maximum(next_noise_rates**2 - fresh_rates**2, 0.0))
    mixed = next_signal_rates * pred_images + kept_rates * pred_noise_masks
    return mixed + fresh_rates * fresh_noise


def fresh_noise_rates(rates, next_rates):
    """How much noise one step of the ancestral process adds (the posterior's width).

    Args:
        rates: `Rates` of the noisy pictures.
        next_rates: `Rates` to go to.

    Returns:
        `(batch, 1, 1, 1)`, at least 0 and at most the next noise rates.

    Reference:
        Song et al. 2021, eq. 16 with eta = 1; Ho et al. 2020, eq. 7.
    """
    kept = (rates.signal / next_rates.signal) ** 2  # of the signal's power
    added = ops.maximum(1.0 - kept, 0.0)
    return next_rates.noise / rates.noise * ops.sqrt(added)


def ddpm_step(noisy_images, pred_images, rates, next_rates, fresh_noise):
    """Draws from what is known of the less noisy picture: the posterior, a Gaussian.

    Args:
        noisy_images: `(batch, height, width, channels)`.
        pred_images: predicted pictures, same shape.
        rates: `Rates` of the noisy pictures.
        next_rates: `Rates` to go to.
        fresh_noise: standard normal noise, same shape.

    Returns:
        The pictures at the next noise level.

    Reference:
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, eq. 6 and 7.
    """
    step_signal = rates.signal / next_rates.signal
    step_variance = ops.maximum(
        rates.noise**2 - (step_signal * next_rates.noise) ** 2, 0.0
    )
    mean = (
        step_signal * next_rates.noise**2 * noisy_images
        + next_rates.signal * step_variance * pred_images
    ) / rates.noise**2
    deviation = ops.sqrt(step_variance) * next_rates.noise / rates.noise
    return mean + deviation * fresh_noise


def euler_step(noisy_images, slope, rates, next_rates):
    """Walks straight on along `slope`, which is dx / ds, the noise.

    Args:
        noisy_images: `(batch, height, width, channels)`.
        slope: predicted noise, same shape.
        rates: `Rates` of the noisy pictures.
        next_rates: `Rates` to go to.

    Returns:
        The pictures at the next noise level.

    Reference:
        Karras et al. 2022, https://arxiv.org/abs/2206.00364, algorithm 1, line 5.
    """
    x = noisy_images / rates.signal
    return next_rates.signal * (x + (next_rates.ratio - rates.ratio) * slope)


def dpm_solver_step(
    noisy_images, pred_images, previous_images, previous_rates, rates, next_rates
):
    """Goes on as the last two predicted pictures suggest: DPM-Solver++(2M).

    With h the step in `log_snr` and r the step before in parts of h,
    `D = (1 + 1 / 2r) pred_images - 1 / 2r previous_images`, and
    `next_noise / noise * noisy_images - next_signal * (exp(-h) - 1) * D`.

    Args:
        noisy_images: `(batch, height, width, channels)`.
        pred_images: predicted pictures, same shape.
        previous_images: those of the step before.
        previous_rates: `Rates` of the step before; in the first step, `rates`.
        rates: `Rates` of the noisy pictures.
        next_rates: `Rates` to go to.

    Returns:
        The pictures at the next noise level.

    Reference:
        Lu et al. 2022, https://arxiv.org/abs/2211.01095, algorithm 2.
    """
    step = next_rates.log_snr - rates.log_snr
    step_before = rates.log_snr - previous_rates.log_snr
    # The first step knows no other, and the way to no noise at all is endless.
    is_single = (step_before <= 0.0) | (next_rates.noise <= LEAST_NOISE)
    slope = ops.where(is_single, 0.0, step) / ops.where(is_single, 1.0, 2 * step_before)
    images = pred_images + slope * (pred_images - previous_images)
    decay = ops.expm1(-step)
    return (
        next_rates.noise / rates.noise * noisy_images
        - next_rates.signal * decay * images
    )


# ------------------------------------------------------------------------- samplers
# Each takes `denoise`, the noisy pictures, the pictures predicted in the step before,
# the `Levels`, and a function that draws fresh noise of their shape; each returns
# `(noisy_images, pred_images)`: the pictures at the next level, and the prediction.


class Levels(NamedTuple):
    """The rates of the step before, of now, and of the step to come."""

    previous: Rates
    now: Rates
    next: Rates


@dataclasses.dataclass(frozen=True)
class DDIM:
    """One prediction a step; `eta` of the ancestral process's noise is fresh.

    Args:
        eta: 0 adds no noise on the way; 1 is DDPM.

    Reference:
        Song et al. 2021, https://arxiv.org/abs/2010.02502, eq. 12 and 16.
    """

    eta: float = 0.0

    def __post_init__(self):
        check_fraction(eta=self.eta)

    def __call__(self, denoise, noisy_images, previous_images, levels, draw_noise):
        images, masks = denoise(noisy_images, *levels.now)
        if not self.eta:
            return ddim_step(images, masks, *levels.next), images
        fresh_rates = self.eta * fresh_noise_rates(levels.now, levels.next)
        return ddim_step(images, masks, *levels.next, draw_noise(), fresh_rates), images


def ddpm(denoise, noisy_images, previous_images, levels, draw_noise):
    """The ancestral process: one prediction a step, fresh noise on the way."""
    images, _ = denoise(noisy_images, *levels.now)
    noisy = ddpm_step(noisy_images, images, levels.now, levels.next, draw_noise())
    return noisy, images


def euler(denoise, noisy_images, previous_images, levels, draw_noise):
    """One prediction a step.  Written so, Euler's method is DDIM, by another name."""
    images, masks = denoise(noisy_images, *levels.now)
    return euler_step(noisy_images, masks, levels.now, levels.next), images


def heun(denoise, noisy_images, previous_images, levels, draw_noise):
    """Two predictions a step: the second, where Euler's step ends, corrects it.

    Reference:
        Karras et al. 2022, https://arxiv.org/abs/2206.00364, algorithm 1.
    """
    _, masks = denoise(noisy_images, *levels.now)
    ahead = euler_step(noisy_images, masks, levels.now, levels.next)
    images_ahead, masks_ahead = denoise(ahead, *levels.next)
    # Where no noise is left, there is none to see.
    masks_ahead = ops.where(levels.next.noise > LEAST_NOISE, masks_ahead, masks)
    slope = (masks + masks_ahead) / 2.0
    return euler_step(noisy_images, slope, levels.now, levels.next), images_ahead


def dpm_solver(denoise, noisy_images, previous_images, levels, draw_noise):
    """One prediction a step, and the one before is used again."""
    images, _ = denoise(noisy_images, *levels.now)
    noisy = dpm_solver_step(noisy_images, images, previous_images, *levels)
    return noisy, images


SAMPLERS = {
    "ddim": DDIM(),
    "ddpm": ddpm,
    "euler": euler,
    "heun": heun,
    "dpm_solver": dpm_solver,
}


# ------------------------------------------------------------------------- the loop


def reverse_diffusion(
    denoise,
    schedule,
    noisy_images,
    diffusion_steps,
    first_step=0,
    last_step=None,
    sampler="ddim",
    spacing="lecture",
    previous_images=None,
    seed=0,
):
    """Walks from diffusion time 1 to 0.

    Steps are numbered from 0; step `k` goes from time `spacing(k)` to time
    `spacing(k + 1)`.  All counts may be tensors, so that a compiled program serves any
    number of steps, and any stretch of them: a trajectory is the same program, one
    step at a time.

    Args:
        denoise: `(noisy_images, noise_rates, signal_rates)` ->
            `(pred_images, pred_noise_masks)`.
        schedule: diffusion times -> `(noise_rates, signal_rates)`.
        noisy_images: `(batch, height, width, channels)`, standard normal noise when
            `first_step` is 0.
        diffusion_steps: number of steps of the whole walk, at least 1.
        first_step: the step to begin with.
        last_step: the step to stop before, by default `diffusion_steps`.
        sampler: one of `SAMPLERS`, `DDIM(eta)`, or a function like them.
        spacing: one of `SPACINGS`, or a function.
        previous_images: what the step before `first_step` predicted.
        seed: of the fresh noise, where a sampler adds some; an integer, or a tensor.

    Returns:
        `(noisy_images, pred_images)` after the last step: the picture at the noise
        level reached, and the last predicted picture.

    Raises:
        ValueError: for a sampler or a spacing that there is not.
    """
    sampler = one_of("sampler", sampler, SAMPLERS)
    spacing = one_of("spacing", spacing, SPACINGS)
    last_step = diffusion_steps if last_step is None else last_step
    num_steps = ops.cast(diffusion_steps, "float32")
    ones = ops.ones((ops.shape(noisy_images)[0], 1, 1, 1), dtype="float32")
    if previous_images is None:
        previous_images = ops.zeros_like(noisy_images)

    def rates(index):
        index = ops.cast(index, "float32")
        noise, signal = schedule(spacing(index, num_steps, schedule) * ones)
        return Rates(ops.maximum(noise, LEAST_NOISE), signal)

    def step(index, state):
        noisy_images, previous_images = state
        before = ops.maximum(index - 1, 0)
        levels = Levels(*map(rates, (before, index, index + 1)))

        def draw_noise():
            # Not 0, which is the noise that `keras.random` draws for the seed itself.
            seed_of_step = TensorSeed(seed, index + 1)
            return keras.random.normal(ops.shape(noisy_images), seed=seed_of_step)

        return sampler(denoise, noisy_images, previous_images, levels, draw_noise)

    return ops.fori_loop(first_step, last_step, step, (noisy_images, previous_images))


class TensorSeed(keras.random.SeedGenerator):
    """A seed for `keras.random` that may be a tensor: a new one compiles nothing.

    Args:
        *numbers: two integers, or tensors of integers.
    """

    def __init__(self, *numbers):
        # No variable, unlike its parent: there is no state to go on from.
        self.numbers = ops.stack([ops.cast(number, "uint32") for number in numbers])

    def next(self, ordered=True):
        """Returns the seed; the same each time."""
        return self.numbers
