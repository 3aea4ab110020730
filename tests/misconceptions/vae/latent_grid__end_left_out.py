# misconception: latent_grid
# slug: end_left_out
# what: the last point of each axis is left out
# told: looks like an axis without its end: the grid should reach from -extent to
#   extent, both included

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n, endpoint=False)
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    images = images.reshape(n, n, height, width, channels)
    return images.transpose(0, 2, 1, 3, 4).reshape(n * height, n * width, channels)
