"""GAN inversion: which latent vector draws this picture?

A GAN has no encoder, so the vector is searched for: from the best of many random ones,
downhill on the distance between its picture and the given one.  What was found can then
be edited, as `attribute_direction` says how.

Synopsis:

>>> from keras_gen.gans import GAN, build_discriminator, build_generator, invert
>>> discriminator = build_discriminator((8, 8, 1), widths=(4, 8))
>>> gan = GAN(build_generator((8, 8, 1), 4, widths=(4, 8)), discriminator)
>>> image = gan.generate(1, seed=0)
>>> gan.draw(invert(gan, image, steps=3)).shape
(1, 8, 8, 1)
"""

import keras
import numpy as np
from keras import ops

from keras_gen.checks import (
    check_not_negative,
    check_positive,
    check_positive_integers,
)
from keras_gen.gans.duel import frozen_call
from keras_gen.gans.players import check_pictures, with_condition
from keras_gen.ranges import to_signed_range


def invert(
    gan,
    images,
    *condition,
    steps=200,
    learning_rate=0.05,
    prior=1e-3,
    starts=512,
    seed=0,
):
    """Finds the latent vector of each picture.

    Args:
        gan: a `GAN`, whose weights are left as they are.
        images: array `(num, height, width, channels)`, uint8 in [0, 255] or floats in
            [-1, 1].
        *condition: what else the generator takes, an array of one entry a picture each.
        steps: of Adam.
        learning_rate: of Adam; it falls to 0 along a cosine.
        prior: weight of the vector's squared length, beside the mean squared difference
            of the pixels in [-1, 1]: without it, vectors would be found of a length
            that the generator was never trained on.
        starts: how many random vectors the search begins with the best of.
        seed: of these.

    Returns:
        float32 array `(num, latent_dim)`.

    Raises:
        ValueError: if the pictures do not have the generator's shape.

    Reference:
        Zhu et al. 2016, https://arxiv.org/abs/1609.03552, section 3.1.
    """
    check_pictures(images, tuple(gan.generator.output_shape[1:]), "images")
    check_positive_integers(steps=steps, starts=starts)
    check_positive(learning_rate=learning_rate)
    check_not_negative(prior=prior)
    images = ops.convert_to_numpy(to_signed_range(images))
    condition = [np.asarray(each) for each in condition]
    begin = _best(gan, images, condition, gan.latents(starts, seed))
    search = _Search(gan.generator, begin, condition, prior)
    rates = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    search.compile(keras.optimizers.Adam(rates))
    search.fit(_Again(images, steps), verbose=0)
    return ops.convert_to_numpy(search.latents)


def _best(gan, images, condition, latents):
    """The one of many latent vectors whose picture is nearest, for each picture."""
    if not condition:
        return latents[_nearest(images, _drawn(gan, latents))]
    found = []  # each picture's class has drawn others
    for i in range(len(images)):
        same = [np.repeat(each[i : i + 1], len(latents), axis=0) for each in condition]
        nearest = _nearest(images[i : i + 1], _drawn(gan, latents, *same))
        found.append(latents[nearest])
    return np.concatenate(found)


def _drawn(gan, latents, *condition):
    inputs = with_condition(latents, condition)
    return gan.generator.predict(inputs, batch_size=256, verbose=0)


def _nearest(images, made):
    """The index of the nearest of many pictures, for each of some."""
    flat, others = (x.reshape(len(x), -1) for x in (images, made))
    # |a - b|^2 = |a|^2 - 2 a b + |b|^2, the first being the same for all.
    return np.argmin(np.square(others).sum(axis=1) - 2.0 * flat @ others.T, axis=1)


class _Search(keras.Model):
    """Latent vectors that learn to draw given pictures; its weights are the vectors.

    Args:
        generator: model, latents -> pictures in [-1, 1]; it learns nothing.
        latents: `(num, latent_dim)`: where to begin.
        condition: list of what else the generator takes.
        prior: weight of the squared length.

    Call arguments:
        inputs: the pictures, all of them.

    Returns:
        What the vectors draw.
    """

    def __init__(self, generator, latents, condition=(), prior=1e-3):
        super().__init__(name="search", dtype="float32")
        self.prior = prior
        self.latents = self.add_weight(
            latents.shape,
            initializer=lambda shape, dtype: ops.cast(latents, dtype),
            name="latents",
        )
        condition = [ops.convert_to_tensor(each) for each in condition]
        # In a function, so that the generator's weights are not this model's.
        self.draws = lambda latents: frozen_call(
            generator, with_condition(latents, condition)
        )
        self.built = True

    def call(self, inputs):
        """Draws."""
        return self.draws(self.latents.value)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The sum over pictures, as each one's vector goes its own way."""
        apart = ops.mean(ops.square(x - y_pred), axis=(1, 2, 3))
        length = ops.sum(ops.square(self.latents), axis=1)
        return ops.sum(apart + self.prior * length)


class _Again(keras.utils.PyDataset):
    """The same batch, as often as there are steps.

    Args:
        batch: array.
        steps: how often.
    """

    def __init__(self, batch, steps):
        super().__init__()
        self.batch, self.steps = batch, steps

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return self.batch
