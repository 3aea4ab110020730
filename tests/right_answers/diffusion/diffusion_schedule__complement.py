# right answer: diffusion_schedule
# style: angles by math, noise from what the signal leaves

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    first, last = math.acos(max_signal_rate), math.acos(min_signal_rate)
    signal_rates = ops.cos((1.0 - diffusion_times) * first + diffusion_times * last)
    noise_rates = ops.sqrt(1.0 - ops.square(signal_rates))
    return [noise_rates, signal_rates]
