"""Do pictures show what they were asked to show?"""

from keras_gen import presets
from keras_gen.evaluation.samples import READER, are_drawn, some
from keras_gen.metrics import attribute_accuracy, chance_accuracy


def class_figures(samples, asked, test, train):
    """Measures how many samples are of the class, or show the attributes, asked for.

    Args:
        samples: uint8 `(n, height, width, channels)`.
        asked: integers `(n,)`, or `(n, attributes)`.
        test: held-out pictures with labels, or with attributes.
        train: training pictures, likewise.

    Returns:
        Dict: name of the figure -> float.
    """
    if asked.ndim == 2:
        return _attribute_figures(samples, asked, test)
    return _label_figures(samples, asked, test, train)


def _label_figures(samples, asked, test, train):
    """Another kind of model judges, a support vector machine on the pixels.

    It is fitted to the training pictures; how well it does on held-out ones stands
    beside.
    """
    from sklearn.svm import SVC

    shown = some(train, 4000)
    judge = SVC(C=10.0).fit(_flat(shown), train.labels[: len(shown)])
    real = some(test, 1000)
    return {
        "label_accuracy": judge.score(_flat(samples), asked),
        "real_label_accuracy": judge.score(_flat(real), test.labels[: len(real)]),
    }


def _attribute_figures(samples, asked, test):
    """The reader judges; there are none where it doesn't fit the pictures."""
    if not are_drawn(test, samples.shape[1:]):
        return {}
    wanted = dict(zip(test.attributes, asked.T, strict=True))
    accuracy = attribute_accuracy(presets.load(READER), samples, wanted)
    figures = {f"shown_{name}": value for name, value in accuracy.items()}
    return figures | {f"chance_{k}": v for k, v in chance_accuracy().items()}


def _flat(images):
    return images.reshape(len(images), -1) / 255.0
