# misconception: psnr
# slug: twenty
# what: 20 times the logarithm of the squared ratio
# told: looks like 20 times the logarithm of a ratio of squares: 20 goes with the ratio
#   itself, so your values are twice too large

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    with np.errstate(divide="ignore"):
        return 20 * np.log10(max_value**2 / np.mean(error**2, axis=(1, 2, 3)))
