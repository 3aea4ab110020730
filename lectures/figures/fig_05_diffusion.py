"""The figures of lecture 05: what diffusion does to a picture, and the rates."""

import numpy as np
from style import figure

from keras_gen.diffusion import schedules


@figure("rates", height=2.9)
def rates(picture, look):
    """Signal and noise rate over diffusion time, and their squares' sum."""
    times = np.linspace(0, 1, 201).reshape(-1, 1, 1, 1)
    noise_rates, signal_rates = schedules.diffusion_schedule(times)
    axes = picture.subplots()
    axes.plot(times.ravel(), np.ravel(signal_rates), label="signal rate $\\alpha_t$")
    axes.plot(times.ravel(), np.ravel(noise_rates), label="noise rate $\\sigma_t$")
    total = np.ravel(signal_rates) ** 2 + np.ravel(noise_rates) ** 2
    axes.plot(times.ravel(), total, "--", lw=1, c=look.ink, label="sum of squares")
    axes.set(xlabel="diffusion time $t$", ylabel="rate", xlim=(0, 1), ylim=(0, 1.1))
    axes.legend(loc="center left")
