# misconception: latent_grid
# slug: axes_swapped
# what: z[0] grows upwards and z[1] to the right
# told: looks like the two axes swapped: z[0] belongs to the columns, z[1] to the rows

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([y, x], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    images = images.reshape(n, n, height, width, channels)
    return images.transpose(0, 2, 1, 3, 4).reshape(n * height, n * width, channels)
