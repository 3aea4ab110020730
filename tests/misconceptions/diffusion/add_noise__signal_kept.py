# misconception: add_noise
# slug: signal_kept
# what: the images keep their full strength
# told: looks like images at full strength plus noise: the signal must shrink as the
#   noise grows


def add_noise(images, noise_masks, noise_rates, signal_rates):
    return images + noise_rates * noise_masks
