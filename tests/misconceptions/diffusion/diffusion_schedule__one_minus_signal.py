# misconception: diffusion_schedule
# slug: one_minus_signal
# what: the noise rate is one minus the signal rate
# told: looks like noise = 1 - signal: it is the squares of the two rates that add up to
#   1

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    signal_rates = ops.cos(start + diffusion_times * (end - start))
    return 1.0 - signal_rates, signal_rates
