# misconception: latent_grid
# slug: extent_ignored
# what: the grid runs from -1 to 1 whatever extent says
# told: looks like a grid from -1 to 1 whatever extent says

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-1, 1, n)
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    images = images.reshape(n, n, height, width, channels)
    return images.transpose(0, 2, 1, 3, 4).reshape(n * height, n * width, channels)
