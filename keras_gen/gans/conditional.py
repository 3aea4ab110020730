"""The conditional GAN: it draws the class that it is asked for.

The generator is told a label, and the discriminator judges the picture and the label
together: a good 3 is a bad picture of a 5.  A picture may have several labels, one for
each of its attributes: a red flower, with five petals, at night.

Synopsis:

>>> import numpy as np
>>> from keras_gen.gans import ConditionalGAN, build_discriminator, build_generator
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype="uint8")
>>> gan = ConditionalGAN(
...     build_generator((8, 8, 1), 4, (4, 8), num_classes=2),
...     build_discriminator((8, 8, 1), (4, 8), num_classes=2),
...     num_classes=2,
... )
>>> gan.compile()
>>> data = {"images": images, "labels": np.arange(8) % 2}
>>> history = gan.fit(data, epochs=1, verbose=0)
>>> gan.generate([0, 0, 1], seed=0).shape
(3, 8, 8, 1)
"""

import numbers

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_positive_integers
from keras_gen.feeding import entries
from keras_gen.gans.gan import GAN
from keras_gen.labels import check_labels, labels_in_turn, with_labels
from keras_gen.ranges import to_signed_range


@keras.saving.register_keras_serializable(package="keras_gen")
class ConditionalGAN(GAN):
    """Trains a generator and a discriminator that both know the picture's class.

    Args:
        generator: model `[latents, labels]` -> pictures in [-1, 1], as
            `build_generator` makes it with `num_classes`.
        discriminator: model `[pictures, labels]` -> logits, as `build_discriminator`
            makes it with `num_classes`.
        num_classes: how many classes there are; labels are integers below it, from 0.
            A tuple for several attributes, with as many values each.
        **kwargs: as for `GAN`.

    Call arguments:
        inputs: `{"images", "labels"}`; pictures as for `GAN`, labels `(batch,)`, or
            `(batch, attributes)`.

    Returns:
        A generated picture for each label, in [-1, 1].

    Reference:
        Mirza & Osindero 2014, https://arxiv.org/abs/1411.1784, eq. 2.
    """

    num_conditions = 1

    def __init__(self, generator, discriminator, num_classes, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        check_positive_integers(num_classes=num_classes)
        several = isinstance(num_classes, list | tuple)
        self.num_classes = tuple(num_classes) if several else num_classes
        _check_classes("generator", generator, self.num_classes)
        _check_classes("discriminator", discriminator, self.num_classes)

    def _checked_data(self, x):
        x = with_labels(x, self.num_classes)
        if isinstance(x, dict):
            self._check_images(x["images"], "images")
        return super()._checked_data(x)

    def _parts(self, inputs):
        images, labels = entries(inputs, "images", "labels")
        return to_signed_range(images), [ops.cast(labels, "int32")]

    def generate(self, labels, seed=None):
        """Draws a picture of each class that is asked for.

        Args:
            labels: list or array of integers, `(num,)` or `(num, attributes)`; or how
                many pictures, which then are of the classes `labels_in_turn`.
            seed: integer; the same seed gives the same pictures.

        Returns:
            uint8 array `(num, height, width, channels)`.

        Raises:
            ValueError: for a label that there is not.
        """
        if isinstance(labels, numbers.Integral):
            check_positive_integers(num_images=labels)
            labels = self.labels_in_turn(labels, seed)
        check_labels(labels, self.num_classes)
        labels = np.asarray(labels, "int32")
        return self.draw(self.latents(len(labels), seed), labels)

    def labels_in_turn(self, num, seed=0):
        """Gives each class its share, as `keras_gen.labels.labels_in_turn` does."""
        return labels_in_turn(num, self.num_classes, seed)

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        return {**super().get_config(), "num_classes": self.num_classes}


def _check_classes(name, network, num_classes):
    """Compares what is known of a network: its input, and its tables of labels."""
    wanted, shape = np.atleast_1d(num_classes).tolist(), network.inputs[1].shape[1:]
    rows = [
        layer.input_dim
        for layer in network.layers
        if isinstance(layer, keras.layers.Embedding)
    ]
    # Another number of tables is a user's own way to use labels; and what takes (1,) is
    # given a single label by Keras.
    other = len(rows) == len(wanted) and rows != wanted
    if other or shape not in (np.shape(num_classes), (len(wanted),)):
        raise ValueError(
            f"The {name} must be built with num_classes={num_classes!r}; got one that "
            f"takes labels of the shape {('batch', *shape)} and knows "
            f"{' and '.join(map(str, rows)) or 'no'} classes."
        )
