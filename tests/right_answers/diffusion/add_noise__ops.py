# right answer: add_noise
# style: keras.ops, sum of a stack

from keras import ops


def add_noise(images, noise_masks, noise_rates, signal_rates):
    parts = ops.stack(
        [ops.multiply(images, signal_rates), ops.multiply(noise_masks, noise_rates)]
    )
    return ops.sum(parts, axis=0)
