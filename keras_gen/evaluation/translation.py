"""Figures of translators: is what they draw of a source what it should be?"""

import numpy as np

from keras_gen.evaluation.samples import places, sample_figures, some
from keras_gen.metrics import psnr, ssim


def translation_figures(model, test, train, seed, num):
    """Compares translations with the true pictures, where there are any.

    Beside the mean absolute error, in units of the range 0 to 255, stand that of the
    best constant colour (the median of the training pictures) and that of the source
    itself.

    Args:
        model: a `Pix2Pix` or a `CycleGAN`.
        test: held-out `Pairs`; those of a user's unpaired folders are compared as sets
            only.
        train: training `Pairs`.
        seed: of the noise and the flowers to compare with.
        num: at most so many pictures.

    Returns:
        Dict: name of the figure -> number.
    """
    rows = places(len(test), num)
    sources, images = test.batch_of_sources(rows), test.batch(rows)
    made = model.translate(sources)
    figures = {}
    if test.paired:
        colour = np.median(some(train.images, 2000).images, axis=(0, 1, 2))
        figures = {
            "mean_absolute_error": _error(made, images),
            "best_colour_error": _error(np.broadcast_to(colour, images.shape), images),
            "psnr": float(psnr(made, images).mean()),
            "ssim": float(ssim(made, images).mean()),
        }
        if sources.shape == images.shape:
            figures["source_error"] = _error(sources, images)
    return figures | sample_figures(made, test.images, train.images, seed)


def _error(images, others):
    return float(np.abs(images.astype("float64") - others).mean())
