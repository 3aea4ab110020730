"""From pure noise to a picture: the reverse process, one step and one loop.

A sampler sees two functions, never a model: `denoise`, which splits a noisy picture
into the picture and the noise it predicts, and `schedule`, which gives the rates.
"""

from keras import ops


def ddim_step(pred_images, pred_noise_masks, next_noise_rates, next_signal_rates):
    """Mixes the predicted picture and noise again, at the next, lower noise level.

    Deterministic: the noise is the predicted one, none is added on the way.

    Reference:
        Song et al. 2021, https://arxiv.org/abs/2010.02502, eq. 12 with sigma = 0.
    """
    return next_signal_rates * pred_images + next_noise_rates * pred_noise_masks


def reverse_diffusion(
    denoise, schedule, noisy_images, diffusion_steps, first_step=0, last_step=None
):
    """Walks from diffusion time 1 to 0 in equal steps.

    Steps are numbered from 0; step `k` denoises at time `1 - k / diffusion_steps`.
    All counts may be tensors, so that a compiled program serves any number of steps,
    and any stretch of them: a trajectory is the same program, one step at a time.

    Args:
        denoise: `(noisy_images, noise_rates, signal_rates)` ->
            `(pred_images, pred_noise_masks)`.
        schedule: diffusion times -> `(noise_rates, signal_rates)`.
        noisy_images: `(batch, height, width, channels)`, standard normal noise when
            `first_step` is 0.
        diffusion_steps: number of steps of the whole walk, at least 1.
        first_step: the step to begin with.
        last_step: the step to stop before, by default `diffusion_steps`.

    Returns:
        `(noisy_images, pred_images)` after the last step: the picture at the noise
        level reached, and the last predicted picture.
    """
    last_step = diffusion_steps if last_step is None else last_step
    step_size = 1.0 / ops.cast(diffusion_steps, "float32")
    ones = ops.ones((ops.shape(noisy_images)[0], 1, 1, 1), dtype="float32")

    def step(index, state):
        noisy_images, _ = state
        diffusion_times = (1.0 - ops.cast(index, "float32") * step_size) * ones
        pred_images, pred_noise_masks = denoise(
            noisy_images, *schedule(diffusion_times)
        )
        next_rates = schedule(diffusion_times - step_size)
        return ddim_step(pred_images, pred_noise_masks, *next_rates), pred_images

    start = (noisy_images, ops.zeros_like(noisy_images))
    return ops.fori_loop(first_step, last_step, step, start)
