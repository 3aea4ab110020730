# right answer: psnr
# style: NumPy, with the division by zero allowed

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    mse = np.mean(error**2, axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(max_value**2 / mse)
