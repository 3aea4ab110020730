# misconception: add_noise
# slug: rates_swapped
# what: the two rates are swapped
# told: looks like the two rates swapped: images go with the signal rate


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return noise_rates * images + signal_rates * noise_masks
