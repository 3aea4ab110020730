"""Figures of the tools: the readers and the text encoder."""

import numpy as np

from keras_gen.data.captions import canonical_caption
from keras_gen.data.digits import DIGIT_NAMES, digits
from keras_gen.data.flowers import ATTRIBUTES, flowers
from keras_gen.metrics import attribute_accuracy, chance_accuracy, read_digits


def reader_figures(model, test, train, seed, num):
    """Measures a reader on fresh real flowers, also of unseen combinations.

    Args:
        model: as `build_attribute_reader` makes it.
        test: not needed.
        train: not needed.
        seed: of the flowers.
        num: so many of seen and so many of unseen combinations.

    Returns:
        Dict: name of the figure -> float.
    """
    figures, size = {}, model.input_shape[1]
    for name, held_out in (("seen", False), ("held_out", True)):
        fresh = flowers(num, size, seed=seed + 4_000_037, held_out=held_out)
        accuracy = attribute_accuracy(model, fresh.images, fresh.attributes)
        figures |= {f"{name}_{key}": value for key, value in accuracy.items()}
    return figures | {f"chance_{k}": v for k, v in chance_accuracy().items()}


def digit_reader_figures(model, test, train, seed, num):
    """Measures a reader on the digits that no training has seen.

    Args:
        model: as `build_digit_reader` makes it.
        test: not needed.
        train: not needed.
        seed: not needed.
        num: at most so many digits.

    Returns:
        Dict: name of the figure -> number.
    """
    _, held_out = digits()
    images, labels = held_out.images[:num], held_out.labels[:num]
    return {
        "test_pictures": len(images),
        "test_accuracy": float(np.mean(read_digits(model, images) == labels)),
        "chance": 1 / len(DIGIT_NAMES),
    }


def encoder_figures(model, test, train, seed, num):
    """Measures what a linear classifier reads off the mean embedding of a caption.

    It is fitted to complete captions of seen combinations, and tested on unseen ones.

    Args:
        model: a `TextEncoder`.
        test: not needed.
        train: not needed.
        seed: of the captions.
        num: so many captions to fit to, and so many to test on.

    Returns:
        Dict: name of the figure -> float.

    Reference:
        Alain & Bengio 2017, https://arxiv.org/abs/1610.01644 (linear probes).
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    (known, fit_to), (asked, test_on) = (
        _captions_embedded(model, num, seed + 5_000_011, held_out)
        for held_out in (False, True)
    )
    figures = {}
    for name in ATTRIBUTES:
        probe = make_pipeline(StandardScaler(), RidgeClassifier())
        probe.fit(fit_to, known[name])
        figures[f"probe_{name}"] = float(np.mean(probe.predict(test_on) == asked[name]))
    figures["probe_mean"] = float(np.mean(list(figures.values())))
    chance = chance_accuracy()
    return figures | {f"chance_{k}": chance[k] for k in (*ATTRIBUTES, "mean")}


def _captions_embedded(model, num, seed, held_out):
    attributes = flowers(num, 16, seed=seed, held_out=held_out).attributes
    captions = [
        canonical_caption({name: int(values[i]) for name, values in attributes.items()})
        for i in range(num)
    ]
    return attributes, model.embed(captions, pooled=True)
