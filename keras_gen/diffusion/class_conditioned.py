"""A diffusion model that knows the class of each picture.

A network that is told what a picture shows need not find out while it draws: the same
training draws better pictures.  So also whoever asks for nothing in particular is
served best by drawing a class first, and then a picture of that class.

Synopsis:

>>> import numpy as np
>>> from keras_gen.diffusion import ClassConditionedDiffusionModel, build_unet
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype="uint8")
>>> labels = np.arange(8) % 2
>>> unet = build_unet((8, 8, 3), widths=(8, 16), block_depth=1, num_classes=2)
>>> model = ClassConditionedDiffusionModel(unet, num_classes=2)
>>> model.normalizer.adapt(images)
>>> model.compile("adamw")
>>> history = model.fit({"images": images, "labels": labels}, epochs=1, verbose=0)
>>> model.generate([0, 0, 1], diffusion_steps=3, seed=0).shape
(3, 8, 8, 3)
>>> model.generate(2, diffusion_steps=3, seed=0).shape  # of any classes
(2, 8, 8, 3)
"""

import numbers

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_images, check_positive_integers
from keras_gen.diffusion.text_conditioned import TextConditionedDiffusionModel
from keras_gen.diffusion.unet import what_it_is
from keras_gen.feeding import check_byte_range, entries
from keras_gen.labels import check_labels, labels_in_turn, one_hot, with_labels


@keras.saving.register_keras_serializable(package="keras_gen")
class ClassConditionedDiffusionModel(TextConditionedDiffusionModel):
    """Trains a U-Net to predict the noise, given the class of the picture.

    To the U-Net a class is one vector, in a text's place: 1 at the class, else 0.
    Where a picture has several labels, one for each of its attributes (a red flower,
    with five petals, at night), their vectors follow one another.

    Args:
        unet: as `build_unet` makes it with the same `num_classes`.
        num_classes: how many classes there are; labels are integers below it, from 0.
            A tuple for several attributes, with as many values each.
        image_shape: `(height, width, channels)`; by default that of `unet`.
        drop_rate: probability that an example's labels are hidden in training, which
            makes guidance possible.
        **kwargs: as for `DiffusionModel`.

    Call arguments:
        inputs: `{"images", "labels"}`; labels are `(batch,)` or `(batch, attributes)`.
        training: whether to hide labels and use the weights in training.

    Returns:
        `(pred_images, pred_noise_masks, noise_masks)`, normalised.

    Reference:
        Ho & Salimans 2022, https://arxiv.org/abs/2207.12598, algorithms 1 and 2;
        Bao et al. 2022, https://arxiv.org/abs/2212.00362 (why it draws better).
    """

    def __init__(self, unet, num_classes, image_shape=None, drop_rate=0.1, **kwargs):
        check_positive_integers(num_classes=num_classes)
        several = isinstance(num_classes, list | tuple)
        self.num_classes = tuple(num_classes) if several else num_classes
        super().__init__(unet, image_shape, drop_rate=drop_rate, **kwargs)
        expected = (int(np.sum(num_classes)),)
        if self.takes_negative or self.text_shape != expected:
            came = " and negative=True" if self.takes_negative else ""
            raise ValueError(
                "unet must be told the classes, as vectors of the shape "
                f"{expected}: give build_unet num_classes={num_classes!r}; "
                f"got {self.text_shape}{came}."
            )

    @staticmethod
    def _check_inputs(unet):
        if len(getattr(unet, "inputs", ())) not in (3, 4):
            raise ValueError(
                "unet must take noisy images, noise rates and labels as vectors; got "
                f"{what_it_is(unet)}. Give build_unet num_classes."
            )

    def _checked_data(self, x):
        self._check_adapted()
        x = with_labels(x, self.num_classes)
        if isinstance(x, dict):
            check_images(x["images"], self.image_shape)
            check_byte_range(x["images"])
        return x

    def _context_of(self, inputs):
        _, labels = entries(inputs, "images", "labels")
        return [one_hot(labels, self.num_classes)]

    def denoise(
        self, noisy_images, noise_rates, signal_rates, *context, training=False
    ):
        """Splits noisy pictures, as `DiffusionModel` does.

        Args:
            noisy_images: normalised, `(batch, height, width, channels)`.
            noise_rates: `(batch, 1, 1, 1)`.
            signal_rates: `(batch, 1, 1, 1)`.
            *context: labels as vectors, `keras_gen.labels.one_hot` of them; without
                any, pictures of whatever class are expected.
            training: as for `DiffusionModel.denoise`.

        Returns:
            `(pred_images, pred_noise_masks)`, shaped as `noisy_images`.
        """
        if not context:
            context = [ops.zeros((ops.shape(noisy_images)[0], *self.text_shape))]
        inputs = (noisy_images, noise_rates, signal_rates, *context)
        inputs = map(ops.convert_to_tensor, inputs)  # Keras takes no mixed ones
        return super().denoise(*inputs, training=training)

    def generate(
        self, labels, diffusion_steps=20, seed=None, guidance_scale=2.0, **how
    ):
        """Draws a picture of each class that is asked for.

        Args:
            labels: list or array of integers, `(num,)` or `(num, attributes)`; or how
                many pictures, which then are of the classes `labels_in_turn`.
            diffusion_steps: steps of the reverse process.
            seed: integer; the same seed gives the same pictures.  None draws one.
            guidance_scale: 0 ignores the class, 1 follows it, more exaggerates it.
            **how: `noise`, `batch_size`, `clip`, `sampler`, `spacing` and
                `verbose`, as for `TextConditionedDiffusionModel.generate`.

        Returns:
            uint8 array `(num, height, width, channels)`.

        Raises:
            ValueError: for a label that there is not.
        """
        vectors = self._vectors(labels, seed)
        how |= {"guidance_scale": guidance_scale, "seed": seed}
        return super().generate(vectors, diffusion_steps, **how)

    def trajectory(
        self, labels, diffusion_steps=20, seed=None, guidance_scale=2.0, **how
    ):
        """Draws as `generate` does, and keeps what lies on the way.

        Returns:
            uint8 array `(diffusion_steps + 1, num, height, width, channels)`.
        """
        vectors = self._vectors(labels, seed)
        how |= {"guidance_scale": guidance_scale, "seed": seed}
        return super().trajectory(vectors, diffusion_steps, **how)

    def labels_in_turn(self, num, seed=0):
        """Gives each class its share, as `keras_gen.labels.labels_in_turn` does."""
        return labels_in_turn(num, self.num_classes, seed)

    def _vectors(self, labels, seed):
        if isinstance(labels, numbers.Integral):
            check_positive_integers(num_images=labels)
            labels = self.labels_in_turn(labels, seed)
        check_labels(labels, self.num_classes)
        return ops.convert_to_numpy(one_hot(np.asarray(labels), self.num_classes))

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_classes": self.num_classes}
