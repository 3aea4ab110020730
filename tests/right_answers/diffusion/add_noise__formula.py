# right answer: add_noise
# style: the formula


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return signal_rates * images + noise_rates * noise_masks
