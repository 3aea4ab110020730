# misconception: psnr
# slug: peak_not_squared
# what: max_value is not squared
# told: looks like the peak over the squared error: the peak must be squared as well, or
#   the root of the error taken

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    with np.errstate(divide="ignore"):
        return 10 * np.log10(max_value / np.mean(error**2, axis=(1, 2, 3)))
