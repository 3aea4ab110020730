# misconception: diffusion_schedule
# slug: backwards
# what: the two ends are swapped, so that time runs backwards
# told: looks like the schedule run backwards: at time 0 your signal rate is {number},
#   and it should be largest there

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start, end = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = end + diffusion_times * (start - end)
    return ops.sin(angles), ops.cos(angles)
