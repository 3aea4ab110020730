# misconception: latent_grid
# slug: scrambled
# what: a reshape without a transpose, which tears the images apart
# told: looks like a reshape without a transpose before it: the lines of different
#   images are mixed

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    return images.reshape(n * height, n * width, channels)
