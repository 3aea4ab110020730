# misconception: psnr
# slug: per_channel
# what: the mean leaves out the channels, so there is a value a channel
# told: looks like a mean over height and width only: {number} values came an image, one
#   a channel

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    with np.errstate(divide="ignore"):
        return 10 * np.log10(max_value**2 / np.mean(error**2, axis=(1, 2)))
