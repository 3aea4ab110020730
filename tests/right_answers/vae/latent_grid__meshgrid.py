# right answer: latent_grid
# style: meshgrid, one call of predict, reshape and transpose

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([x.ravel(), y.ravel()], axis=1).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    images = images.reshape(n, n, height, width, channels)
    return images.transpose(0, 2, 1, 3, 4).reshape(n * height, n * width, channels)
