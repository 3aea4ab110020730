"""Do pictures show what a conditional model was asked to show?

It is asked for what training pictures show, so that classes are as frequent among its
pictures as in the data.  A class is judged by `label_accuracy`: the share of pictures
that a support vector machine on the pixels, fitted to the training pictures, takes for
the class that was asked for; `real_label_accuracy` is that of held-out pictures.
Attributes of drawn flowers are judged by `shown_…`: the share of pictures in which
`flower_reader` sees the value that was asked for, of each attribute, of all on average
(`shown_mean`), and of four at once (`shown_all_four`); `chance_…` is what a guess gets.
"""

import numpy as np

from keras_gen import presets
from keras_gen.evaluation.samples import READER, are_drawn, some
from keras_gen.labels import labels_of
from keras_gen.metrics import attribute_accuracy, chance_accuracy


def shown_by(pictures, model):
    """What a conditional model is told of pictures, as `labels_of` gives it.

    Args:
        pictures: `Pictures` or a `Folder`.
        model: with `num_classes`.

    Returns:
        Integer array `(num,)`, or `(num, attributes)`.

    Raises:
        ValueError: if they have no labels, or no attributes.
    """
    return labels_of(pictures, "attributes" if np.ndim(model.num_classes) else "labels")


def asked_of(model, train, num, seed):
    """Chooses what a conditional model is asked for: what training pictures show.

    So classes are as frequent as in the data, and no combination of attributes is
    asked for that training held out.  What the held-out pictures show would not do:
    drawn after them, samples would come nearer to them than chance allows.

    Args:
        model: with `num_classes`.
        train: training pictures with labels, or attributes.
        num: how many; where there are fewer pictures, they begin anew.
        seed: of the choice.

    Returns:
        Integer array `(num,)`, or `(num, attributes)`.

    Raises:
        ValueError: if they have no labels, or no attributes.
    """
    labels = shown_by(train, model)
    order = np.random.default_rng(seed).permutation(len(labels))
    return labels[np.resize(order, num)]


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

    known, real = some(train, 4000), some(test, 1000)
    judge = SVC(C=10.0).fit(_flat(known.images), labels_of(known))
    return {
        "label_accuracy": judge.score(_flat(samples), asked),
        "real_label_accuracy": judge.score(_flat(real.images), labels_of(real)),
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
