# misconception: psnr
# slug: mean_of_channels
# what: a value a channel first, and then their mean
# told: looks like the mean of the channels' own values: the error is averaged over all
#   axes first, the logarithm comes last

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    mse = np.mean(error**2, axis=(1, 2))
    with np.errstate(divide="ignore"):
        return np.mean(10 * np.log10(max_value**2 / mse), axis=-1)
