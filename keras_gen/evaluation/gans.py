"""Figures of GANs: are their pictures like real ones, new, and of the right class?"""

import numpy as np

from keras_gen.evaluation.samples import sample_figures, some
from keras_gen.gans import ConditionalGAN


def gan_figures(model, test, train, seed, num):
    """Measures samples, and those of a conditional model by their classes.

    Args:
        model: a `GAN`.
        test: held-out pictures.
        train: training pictures.
        seed: of the latent vectors.
        num: how many pictures are drawn; a conditional model draws the classes in turn.

    Returns:
        Dict: name of the figure -> number.
    """
    samples = model.generate(num, seed)
    figures = {}
    if isinstance(model, ConditionalGAN):
        asked = np.arange(num) % model.num_classes
        figures = label_figures(samples, asked, test, train)
    return figures | sample_figures(samples, test, train, seed)


def label_figures(samples, asked, test, train):
    """Measures how many samples are of the class that they were asked to be.

    Another kind of model judges, a support vector machine on the pixels that is fitted
    to the training pictures; how well it does on held-out ones stands beside.

    Args:
        samples: uint8 `(n, height, width, channels)`.
        asked: integers `(n,)`.
        test: held-out pictures with labels.
        train: training pictures with labels.

    Returns:
        Dict: name of the figure -> float.
    """
    from sklearn.svm import SVC

    shown = some(train, 4000)
    judge = SVC(C=10.0).fit(_flat(shown), train.labels[: len(shown)])
    real = some(test, 1000)
    return {
        "label_accuracy": judge.score(_flat(samples), asked),
        "real_label_accuracy": judge.score(_flat(real), test.labels[: len(real)]),
    }


def _flat(images):
    return images.reshape(len(images), -1) / 255.0
