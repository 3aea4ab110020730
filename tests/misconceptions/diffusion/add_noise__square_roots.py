# misconception: add_noise
# slug: square_roots
# what: the roots of the rates
# told: looks like square roots of the rates: those belong to schedules that give
#   variances, these are rates already

from keras import ops


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return ops.sqrt(signal_rates) * images + ops.sqrt(noise_rates) * noise_masks
