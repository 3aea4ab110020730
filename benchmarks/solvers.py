"""Do our samplers walk where diffusers' walk?  Same denoiser, same noise, same picture.

    python benchmarks/solvers.py                        installs diffusers, aside
    python benchmarks/solvers.py --peer-python PYTHON   takes one that has it

The denoiser is the exact one of a mixture of three Gaussians, so no network is needed;
the noise levels are those of diffusers' schedulers.  Prints a table of
`benchmarks/README.md`: the largest difference of any pixel of 64 pictures.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import peers

MODES = np.array([[-1.5, 0.5], [1.0, 1.0], [0.5, -1.5]])
WEIGHTS, WIDTH = np.array([0.5, 0.3, 0.2]), 0.4
# Ours -> the peer's class and the options that make it the same method.
PAIRS = {
    # Only with this spacing do DDIM's steps end where the next ones begin.
    "ddim": ("DDIMScheduler", {"clip_sample": False, "timestep_spacing": "trailing"}),
    "ddpm": (
        "DDPMScheduler",
        {"clip_sample": False, "variance_type": "fixed_small_log"},
    ),
    "euler": ("EulerDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm_solver": ("DPMSolverMultistepScheduler", {}),
}
STEPS = (10, 20, 50)


def mixture_noise(noisy, noise_rate, signal_rate, xp=np):
    """The noise that is expected in noisy pictures of two pixels; `xp` computes."""
    modes = xp.array(MODES, dtype=noisy.dtype)
    away = noisy[:, None] - signal_rate * modes
    variance = (signal_rate * WIDTH) ** 2 + noise_rate**2
    log_weights = xp.array(np.log(WEIGHTS), dtype=noisy.dtype)
    scores = log_weights - xp.sum(away**2, axis=-1) / (2 * variance)
    shares = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    shares = (shares / xp.sum(shares, axis=1, keepdims=True))[..., None]
    images = xp.sum(shares * (modes + signal_rate * WIDTH**2 / variance * away), axis=1)
    return (noisy - signal_rate * images) / noise_rate


def walk_of_peer(sampler, steps, noise, fresh):
    """Walks with diffusers; returns its noise levels (noise / signal) and its end."""
    import diffusers
    import torch
    from diffusers.schedulers import scheduling_ddpm

    draws = iter(torch.tensor(fresh))
    scheduling_ddpm.randn_tensor = lambda *a, **k: next(draws)
    name, options = PAIRS[sampler]
    scheduler = getattr(diffusers, name)(
        beta_start=1e-4, beta_end=0.02, beta_schedule="linear", **options
    )
    scheduler.set_timesteps(steps)
    x = torch.tensor(noise, dtype=torch.float64)
    is_edm = hasattr(scheduler, "sigmas") and sampler in ("euler", "heun")
    if is_edm:  # these walk with x / signal_rate
        x = x * (1 + scheduler.sigmas[0] ** 2) ** 0.5
    levels = []
    for number, t in enumerate(scheduler.timesteps):
        if is_edm:
            levels.append(float(scheduler.sigmas[number]))
        else:
            power = float(scheduler.alphas_cumprod[int(t)])
            levels.append(((1 - power) / power) ** 0.5)
        scaled = scheduler.scale_model_input(x, t) if is_edm else x
        predicted = mixture_noise(scaled.numpy(), *rates_of(levels[-1]))
        x = scheduler.step(torch.tensor(predicted), t, x).prev_sample
    return np.array(levels), x.numpy()


def rates_of(level):
    """Noise and signal rate at a level, their quotient; their squares sum to 1."""
    signal_rates = (1.0 + level**2) ** -0.5
    return level * signal_rates, signal_rates


def walk_of_ours(sampler, steps, noise, fresh, levels):
    """Walks with our samplers through the peer's levels; returns where it ends."""
    from keras import ops

    from keras_gen.diffusion import SAMPLERS, reverse_diffusion

    # The peers end at a picture without any noise.  A "time" is here a noise level.
    table = ops.convert_to_tensor([*levels, 0.0], "float32")

    def denoise(noisy_images, noise_rates, signal_rates):
        noise_rate, signal_rate = noise_rates[0, 0, 0, 0], signal_rates[0, 0, 0, 0]
        noisy = ops.reshape(noisy_images, (-1, 2))
        masks = mixture_noise(noisy, noise_rate, signal_rate, ops)
        masks = ops.reshape(masks, (-1, 1, 2, 1))
        return (noisy_images - noise_rates * masks) / signal_rates, masks

    def spacing(index, num_steps, schedule):
        return ops.take(table, ops.cast(index, "int32"))

    x = ops.convert_to_tensor(noise.reshape(-1, 1, 2, 1), "float32")
    images = ops.zeros_like(x)
    for step in range(steps):
        given = ops.convert_to_tensor(fresh[step].reshape(-1, 1, 2, 1), "float32")

        def with_noise(*arguments, given=given):
            return SAMPLERS[sampler](*arguments[:-1], lambda: given)

        x, images = reverse_diffusion(
            denoise, rates_of, x, steps, step, step + 1, with_noise, spacing, images
        )
    return np.reshape(ops.convert_to_numpy(x), (-1, 2))


def main():
    """Walks with both and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", help="a Python that has diffusers")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    noise = random.normal(size=(64, 2))
    fresh = random.normal(size=(max(STEPS), 64, 2))
    if options.peer:
        save_walks_of_peer(options.peer, noise, fresh)
        return
    import keras
    import timing

    with tempfile.TemporaryDirectory() as folder:
        python = options.peer_python or peers.install()
        path = Path(folder, "walks.npz")
        subprocess.run([python, __file__, "--peer", path], check=True)
        walks = dict(np.load(path))
    print(f"Backend {keras.backend.backend()}; {timing.machine()}\n")
    print(f"| largest difference to diffusers {walks['version']} | by steps |")
    print("| --- | --- |")
    for sampler in PAIRS:
        found = [
            f"{steps}: {difference(sampler, steps, noise, fresh, walks):.1e}"
            for steps in STEPS
        ]
        print(f"| {sampler} | {', '.join(found)} |")


def difference(sampler, steps, noise, fresh, walks):
    """The largest difference of any pixel at the end of the walk."""
    levels, theirs = (walks[f"{sampler} {steps} {what}"] for what in ("levels", "end"))
    # Heun's second look at a level is not a step.
    levels = levels[np.insert(np.diff(levels) != 0, 0, True)]
    ours = walk_of_ours(sampler, steps, noise, fresh, levels)
    return float(np.abs(ours - theirs).max())


def save_walks_of_peer(path, noise, fresh):
    """What the peer's Python does."""
    import diffusers

    walks = {"version": np.array(diffusers.__version__)}
    for sampler in PAIRS:
        for steps in STEPS:
            levels, end = walk_of_peer(sampler, steps, noise, fresh)
            walks[f"{sampler} {steps} levels"] = levels
            walks[f"{sampler} {steps} end"] = end
    np.savez(path, **walks)


if __name__ == "__main__":
    main()
