# misconception: diffusion_schedule
# slug: linear_signal
# what: the signal rate runs linearly, not the angle
# told: looks like a signal rate that falls linearly: it is the angle that runs
#   linearly, and the rates are its cosine and sine

from keras import ops


def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    signal_rates = max_signal_rate + diffusion_times * (
        min_signal_rate - max_signal_rate
    )
    return ops.sqrt(1.0 - ops.square(signal_rates)), signal_rates
