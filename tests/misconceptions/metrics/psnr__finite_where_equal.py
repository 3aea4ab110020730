# misconception: psnr
# slug: finite_where_equal
# what: a tiny number in the denominator, so equal images get a finite value
# told: looks like a small number added to the error: equal images get {number} dB where
#   infinity was meant

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    return 10 * np.log10(max_value**2 / (np.mean(error**2, axis=(1, 2, 3)) + 1e-10))
