# misconception: diffusion_schedule
# slug: ends_fixed
# what: the default rates, whatever is passed
# told: looks like 0.02 and 0.95 whatever min_signal_rate and max_signal_rate are

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(0.95), math.acos(0.02)
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)
