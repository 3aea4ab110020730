# misconception: psnr
# slug: over_the_batch
# what: one error for the whole batch
# told: looks like one error for the whole batch: each image has a value of its own

import numpy as np


def psnr(images, reconstructions, max_value=255.0):
    mse = np.mean((np.asarray(images) - np.asarray(reconstructions)) ** 2)
    return np.full(len(images), 10 * np.log10(max_value**2 / mse))
