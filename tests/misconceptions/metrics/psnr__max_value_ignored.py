# misconception: psnr
# slug: max_value_ignored
# what: 255 whatever max_value is
# told: looks like 255 as the peak whatever max_value is: images in [0, 1] come out
#   {number} dB too high

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    with np.errstate(divide="ignore"):
        return 10 * np.log10(255.0**2 / np.mean(error**2, axis=(1, 2, 3)))
