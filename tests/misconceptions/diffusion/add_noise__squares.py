# misconception: add_noise
# slug: squares
# what: the squares of the rates
# told: looks like squares of the rates: the rates themselves were meant


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates**2 * images + noise_rates**2 * noise_masks
