"""How near a picture is to the one that it should be: PSNR and SSIM.

Synopsis:

>>> from keras_gen.data import flowers
>>> images = flowers(4, seed=0).images
>>> [round(float(value), 6) for value in ssim(images, images)]
[1.0, 1.0, 1.0, 1.0]
"""

import numpy as np

WINDOW, SIGMA = 11, 1.5
LUMINANCE, CONTRAST = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(images, others):
    """Measures the peak signal-to-noise ratio of pictures.

    `10 log10(255^2 / mean squared difference)`.

    Args:
        images: uint8 `(n, height, width, channels)`.
        others: uint8 of the same shape.

    Returns:
        Array `(n,)`, in decibels: inf for equal pictures, 0 for black beside white.

    Raises:
        ValueError: for other shapes.

    Example:

    >>> black, white = np.zeros((1, 4, 4, 1)), np.full((1, 4, 4, 1), 255)
    >>> float(psnr(black, white)[0])
    0.0

    Reference:
        Huynh-Thu & Ghanbari 2008, https://doi.org/10.1049/el:20080522.
    """
    a, b = _checked(images, others)
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(255.0**2 / np.mean((a - b) ** 2, axis=(1, 2, 3)))


def ssim(images, others):
    """Measures the structural similarity of pictures.

    Means, variances and the covariance are taken within a Gaussian window of 11 x 11
    pixels, wherever it fits into the picture, channel by channel.

    Args:
        images: uint8 `(n, height, width, channels)`, 11 pixels high and wide at least.
        others: uint8 of the same shape.

    Returns:
        Array `(n,)`, in [-1, 1]: 1 for equal pictures.

    Raises:
        ValueError: for other shapes.

    Reference:
        Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861, eq. 13.
    """
    a, b = _checked(images, others, smallest=WINDOW)
    mean_a, mean_b = _local(a), _local(b)
    variance_a, variance_b = _local(a * a) - mean_a**2, _local(b * b) - mean_b**2
    covariance = _local(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + LUMINANCE) / (mean_a**2 + mean_b**2 + LUMINANCE)
    structure = (2 * covariance + CONTRAST) / (variance_a + variance_b + CONTRAST)
    return np.mean(luminance * structure, axis=(1, 2, 3))


def _local(images):
    """Means within the window, whose Gaussian is a product of a column and a row."""
    height, width = images.shape[1:3]
    down, across = _window_means(height), _window_means(width)
    return np.einsum("ih,nhwc,jw->nijc", down, images, across, optimize=True)


def _window_means(size):
    """A matrix `(places, size)`: each row is the window at one place."""
    places = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-0.5 * (places / SIGMA) ** 2)
    matrix = np.zeros((size - WINDOW + 1, size))
    for row, line in enumerate(matrix):
        line[row : row + WINDOW] = window / window.sum()
    return matrix


def _checked(images, others, smallest=1):
    a, b = (np.asarray(x, "float64") for x in (images, others))
    if a.shape != b.shape or a.ndim != 4 or min(a.shape[1:3]) < smallest:
        at_least = f", {smallest} or more pixels high and wide" if smallest > 1 else ""
        raise ValueError(
            "images and others must have one shape (n, height, width, channels)"
            f"{at_least}; got {a.shape} and {b.shape}."
        )
    return a, b
