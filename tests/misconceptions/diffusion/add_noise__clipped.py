# misconception: add_noise
# slug: clipped
# what: the sum is clipped
# told: looks like noisy images clipped to [-1, 1]: the noise is then no longer Gaussian

from keras import ops


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return ops.clip(signal_rates * images + noise_rates * noise_masks, -1.0, 1.0)
