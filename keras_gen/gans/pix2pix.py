"""Pix2Pix: from one picture to another, learned from pairs.

The discriminator sees the source beside the picture and judges whether they belong
together, patch by patch; the L1 distance to the true picture keeps the whole right.  L1
alone draws the mean of all that might be, which is blurred.

Synopsis:

>>> from keras_gen.data import flower_outlines, flowers
>>> from keras_gen.gans import Pix2Pix, build_patch_discriminator, build_translator
>>> model = Pix2Pix(
...     build_translator((16, 16, 3), widths=(4, 8)),
...     build_patch_discriminator((16, 16, 3), (4, 8), source_channels=3),
... )
>>> model.compile()
>>> data = {"images": flowers(8, 16).images, "sources": flower_outlines(8, 16)}
>>> history = model.fit(data, epochs=1, verbose=0)
>>> model.translate(flower_outlines(2, 16, seed=1)).shape
(2, 16, 16, 3)
"""

import keras
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_not_negative
from keras_gen.feeding import entries, pictures_of
from keras_gen.gans.players import TwoPlayers, check_pictures
from keras_gen.gans.translators import (
    check_translators,
    refuse_single_pictures,
    translated,
)
from keras_gen.ranges import to_signed_range


@keras.saving.register_keras_serializable(package="keras_gen")
class Pix2Pix(TwoPlayers):
    """Trains a translator on pairs of pictures.

    Args:
        generator: model, sources in [-1, 1] -> pictures in [-1, 1], as
            `build_translator` makes it.
        discriminator: model, `[pictures, sources]` -> a logit a patch, as
            `build_patch_discriminator` makes it with `source_channels`.
        l1: weight of the mean absolute difference to the true picture.
        **kwargs: as for `GAN`.

    Call arguments:
        inputs: `{"images", "sources"}`, both `(batch, height, width, channels)`, uint8
            in [0, 255] or floats in [-1, 1]; a picture and its source have the same
            place.

    Returns:
        A picture of each source, in [-1, 1].

    Reference:
        Isola et al. 2017, https://arxiv.org/abs/1611.07004, eq. 4.
    """

    def __init__(self, generator, discriminator, l1=100.0, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        check_not_negative(l1=l1)
        self.l1 = l1
        self.source_shape = tuple(generator.inputs[0].shape[1:])
        self.l1_tracker = keras.metrics.Mean(name="l1_distance")

    def _check_players(self, generator, discriminator):
        check_translators(generator, discriminator, num_conditions=1)

    def _checked_data(self, x):
        refuse_single_pictures(x)
        if isinstance(x, dict):
            images, sources = (
                pictures_of(each) for each in entries(x, "images", "sources")
            )
            self._check_images(images, "images")
            check_pictures(sources, self.source_shape, "sources")
            if len(images) != len(sources):
                raise ValueError(
                    f"sources must be as many as the {len(images)} images; "
                    f"got {len(sources)}."
                )
            x = {"images": images, "sources": sources}
        return super()._checked_data(x)

    def _parts(self, inputs):
        images, sources = entries(inputs, "images", "sources")
        return to_signed_range(images), [to_signed_range(sources)]

    def call(self, inputs, training=False):
        """Draws a picture of each source."""
        _, [sources] = self._parts(inputs)
        return self.generator(sources, training=training)

    def generator_turn(self, x, made, training):
        """What the generator pays for its logits, and for the distance to the truth."""
        images, _ = self._parts(x)
        distances = ops.mean(ops.abs(images - made), axis=(1, 2, 3))
        self.l1_tracker.update_state(distances)
        fooled = super().generator_turn(x, made, training)
        return fooled + self.l1 * backend.batch_mean(distances)

    def translate(self, sources, batch_size=256):
        """Draws a picture of each source.

        Args:
            sources: array `(batch, height, width, channels)`, uint8 in [0, 255] or
                floats in [-1, 1].
            batch_size: pictures a step.

        Returns:
            uint8 array `(batch, height, width, channels)`.

        Raises:
            ValueError: if their shape is another one than in training.
        """
        return translated(self.generator, sources, "sources", batch_size)

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        return {**super().get_config(), "l1": self.l1}
