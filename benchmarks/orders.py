"""How fast do the samplers' errors fall? Against the exact end of each path.

    KERAS_BACKEND=jax python benchmarks/orders.py      # TensorFlow without a choice

The pictures of `solvers.py`: two pixels, from three Gaussians, whose denoiser is known
exactly. So are the paths of the probability-flow equation, which SciPy follows to
9 digits. Prints the root mean squared distance of 64 ends, by how often the network is
asked: Heun's method asks twice a step. The order is how often the error is halved when
there are twice as many steps.
"""

import os

import numpy as np
from solvers import mixture_noise

SAMPLERS = {"ddim": 1, "heun": 2, "dpm_solver": 1}  # -> predictions a step
SPACINGS = ("lecture", "log_snr")
PREDICTIONS = (10, 20, 40, 80, 160)
POINTS, SEED = 64, 0


def exact_ends(points, schedule):
    """Where endlessly many steps lead: SciPy's way, by the angle of the schedule.

    Args:
        points: noise, `(num, 2)`.
        schedule: a `CosineSchedule`.

    Returns:
        The noisy pictures at time 0, `(num, 2)`.
    """
    from scipy.integrate import solve_ivp

    def velocity(angle, flat):
        noisy = flat.reshape(-1, 2)
        masks = mixture_noise(noisy, np.sin(angle), np.cos(angle))
        images = (noisy - np.sin(angle) * masks) / np.cos(angle)
        return (np.cos(angle) * masks - np.sin(angle) * images).ravel()

    ends = np.arccos([schedule.min_signal_rate, schedule.max_signal_rate])
    solved = solve_ivp(velocity, ends, points.ravel(), rtol=1e-9, atol=1e-9)
    return solved.y[:, -1].reshape(-1, 2)


def walker(schedule, sampler, spacing):
    """A function from noise and a number of steps to noisy pictures at time 0."""
    from keras import ops

    from keras_gen import backend
    from keras_gen.diffusion import reverse_diffusion

    def denoise(noisy_images, noise_rates, signal_rates):
        rates = noise_rates[0, 0, 0, 0], signal_rates[0, 0, 0, 0]
        masks = mixture_noise(ops.reshape(noisy_images, (-1, 2)), *rates, ops)
        masks = ops.reshape(masks, (-1, 1, 2, 1))
        return (noisy_images - noise_rates * masks) / signal_rates, masks

    @backend.compile
    def program(start, steps):
        how = {"sampler": sampler, "spacing": spacing}
        return reverse_diffusion(denoise, schedule, start, steps, **how)[0]

    def walk(points, steps):
        start = ops.convert_to_tensor(points.reshape(-1, 1, 2, 1), "float32")
        end = program(start, ops.convert_to_tensor(steps, "int32"))
        return ops.convert_to_numpy(end).reshape(-1, 2)

    return walk


def main():
    """Prints the table."""
    import keras
    from timing import machine

    from keras_gen import CosineSchedule

    schedule = CosineSchedule()
    points = np.random.default_rng(SEED).normal(size=(POINTS, 2))
    exact = exact_ends(points, schedule)
    print(f"Backend {keras.backend.backend()}; {machine()}\n")
    print(f"| sampler | spacing | {' | '.join(map(str, PREDICTIONS))} | order |")
    print("| --- " * (3 + len(PREDICTIONS)) + "|")
    for sampler, asked in SAMPLERS.items():
        for spacing in SPACINGS:
            walk = walker(schedule, sampler, spacing)
            ends = [walk(points, predictions // asked) for predictions in PREDICTIONS]
            errors = [np.sqrt(np.mean((end - exact) ** 2)) for end in ends]
            shown = " | ".join(f"{error:.2g}" for error in errors)
            order = np.log2(errors[-2] / errors[-1])
            print(f"| {sampler} | {spacing} | {shown} | {order:.2f} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
