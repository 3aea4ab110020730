# misconception: diffusion_schedule
# slug: squares
# what: squared rates are returned
# told: looks like the squares of the rates: yours add up to 1, but it is their squares
#   that should

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = start + diffusion_times * (end - start)
    return ops.square(ops.sin(angles)), ops.square(ops.cos(angles))
