# misconception: latent_grid
# slug: quantiles
# what: points at the quantiles of the normal distribution
# told: looks like points at the normal distribution's quantiles: evenly spaced points
#   were asked for

import numpy as np
from scipy.stats import norm


def latent_grid(decoder, n, extent=2.0):
    tail = norm.cdf(-extent)
    axis = norm.ppf(np.linspace(tail, 1 - tail, n))
    x, y = np.meshgrid(axis, axis[::-1])
    latents = np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, verbose=0)
    height, width, channels = images.shape[1:]
    images = images.reshape(n, n, height, width, channels)
    return images.transpose(0, 2, 1, 3, 4).reshape(n * height, n * width, channels)
