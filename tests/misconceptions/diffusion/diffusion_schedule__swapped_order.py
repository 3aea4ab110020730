# misconception: diffusion_schedule
# slug: swapped_order
# what: the pair is returned the wrong way round
# told: looks like (signal_rates, noise_rates): both are right but in the wrong order

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.cos(angles), ops.sin(angles)
