# misconception: latent_grid
# slug: not_joined
# what: the images are not joined into one
# told: looks like a stack of images: one large image was meant, with the small ones
#   side by side

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    return images.reshape(n, n, *images.shape[1:])
