# misconception: add_noise
# slug: fresh_noise
# what: the noise that was given is replaced by fresh noise
# told: looks like noise of its own: the noise mask that is given must be used, since
#   the network is to predict it

import keras
from keras import ops


def add_noise(images, noise_masks, noise_rates, signal_rates):
    noise_masks = keras.random.normal(ops.shape(images))
    return signal_rates * images + noise_rates * noise_masks
