# misconception: latent_grid
# slug: downwards
# what: z[1] grows downwards
# told: looks like the rows upside down: z[1] should grow upwards, and the first row of
#   an array is the top

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    x, y = np.meshgrid(axis, axis)
    latents = np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    images = images.reshape(n, n, height, width, channels)
    return images.transpose(0, 2, 1, 3, 4).reshape(n * height, n * width, channels)
