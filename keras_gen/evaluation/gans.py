"""Figures of GANs: are their pictures like real ones, new, and of the right class?"""

from keras_gen import presets
from keras_gen.evaluation.samples import READER, are_drawn, sample_figures, some
from keras_gen.gans import ConditionalGAN
from keras_gen.metrics import attribute_accuracy, chance_accuracy


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
        asked = model.labels_in_turn(num)
        judged = attribute_figures if asked.ndim == 2 else label_figures
        figures = judged(samples, asked, test, train)
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


def attribute_figures(samples, asked, test, train):
    """Measures how many samples show the attributes that they were asked to show.

    Args:
        samples: uint8 `(n, height, width, channels)`.
        asked: integers `(n, attributes)`.
        test: held-out pictures with attributes.
        train: not needed.

    Returns:
        Dict: name of the figure -> float; nothing where no reader fits the pictures.
    """
    if not are_drawn(test, samples.shape[1:]):
        return {}
    wanted = dict(zip(test.attributes, asked.T, strict=True))
    accuracy = attribute_accuracy(presets.load(READER), samples, wanted)
    figures = {f"shown_{name}": value for name, value in accuracy.items()}
    return figures | {f"chance_{k}": v for k, v in chance_accuracy().items()}


def _flat(images):
    return images.reshape(len(images), -1) / 255.0
