# right answer: psnr
# style: one image at a time, infinity written out

import math

import numpy as np


def psnr_of_one(image, reconstruction, max_value):
    rmse = math.sqrt(np.mean((image - reconstruction) ** 2))
    return math.inf if rmse == 0 else 20 * math.log10(max_value / rmse)


def psnr(images, reconstructions, max_value=255.0):
    pairs = zip(np.array(images), np.array(reconstructions), strict=True)
    return np.array([psnr_of_one(a, b, max_value) for a, b in pairs])
