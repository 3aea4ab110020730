# misconception: psnr
# slug: natural_log
# what: the natural logarithm
# told: looks like the natural logarithm: decibels take log10, so your values are
#   {number} times too large

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    with np.errstate(divide="ignore"):
        return 10 * np.log(max_value**2 / np.mean(error**2, axis=(1, 2, 3)))
