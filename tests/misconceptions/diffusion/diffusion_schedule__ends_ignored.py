# misconception: diffusion_schedule
# slug: ends_ignored
# what: angles from 0 to a right angle, whatever the two rates are
# told: looks like angles from 0 to pi / 2: your signal rate at time 1 is {number}, and
#   one divides by it

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    angles = diffusion_times * math.pi / 2
    return ops.sin(angles), ops.cos(angles)
