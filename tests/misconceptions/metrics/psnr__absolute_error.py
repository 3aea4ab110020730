# misconception: psnr
# slug: absolute_error
# what: the mean absolute error instead of the root mean squared one
# told: looks like the mean absolute error: the peak is compared with the mean squared
#   error

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    with np.errstate(divide="ignore"):
        return 20 * np.log10(max_value / np.mean(np.abs(error), axis=(1, 2, 3)))
