# misconception: diffusion_schedule
# slug: degrees
# what: angles in degrees
# told: looks like angles in degrees: sine and cosine take radians

import math

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    start = math.degrees(math.acos(max_signal_rate))
    end = math.degrees(math.acos(min_signal_rate))
    angles = start + diffusion_times * (end - start)
    return ops.sin(angles), ops.cos(angles)
