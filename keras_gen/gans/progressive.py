"""The progressive GAN: it learns small pictures first, and grows.

Both networks begin at a few pixels. A new stage doubles height and width; it is faded
in, so that what is already learned is not thrown over: during its first steps a picture
is a mixture of the old stage's, enlarged, and the new one's.

Synopsis:

>>> from keras_gen.data import flowers
>>> from keras_gen.gans import ProgressiveGAN
>>> images = flowers(8, 16).images
>>> gan = ProgressiveGAN((16, 16, 3), latent_dim=4, widths=(4, 8), fade_steps=2)
>>> gan.compile()
>>> history = gan.fit(images, epochs=1, verbose=0)
>>> gan.generate(1, seed=0).shape  # of stage 0
(1, 4, 4, 3)
>>> gan = gan.grown()  # to be compiled and trained, and so on until stage 2
>>> gan.generate(1, seed=0).shape
(1, 8, 8, 3)
"""

import keras
import numpy as np
from keras import layers, ops

from keras_gen.checks import (
    check_image_shape,
    check_not_negative,
    check_positive_integers,
)
from keras_gen.gans.gan import GAN
from keras_gen.gans.networks import SLOPE, check_players, check_widths
from keras_gen.quick_layers import PointwiseConv2D


@keras.saving.register_keras_serializable(package="keras_gen")
class ProgressiveGAN(GAN):
    """Trains a generator and a discriminator of one stage; `grown` gives the next.

    Args:
        image_shape: `(height, width, channels)` of the pictures in the end, both sizes
            divisible by `2 ** len(widths)`.
        latent_dim: length of the latent vector.
        widths: channels of each doubling, in the discriminator's order; stage 0 has
            pictures `2 ** len(widths)` times smaller.
        stage: from 0 to `len(widths)`.
        fade_steps: of training, until the last stage counts in full.
        r1: as for `GAN`, whose other arguments it takes too.
        generator: as `growing_generator` makes it, and as it is made by default.
        discriminator: likewise, by `growing_discriminator`.
        **kwargs: as for `GAN`.

    Call arguments:
        inputs: true pictures `(batch, *image_shape)`, which are made as small as those
            of the stage.

    Returns:
        As many generated pictures of the stage's size, in [-1, 1].

    Reference:
        Karras et al. 2017, https://arxiv.org/abs/1710.10196, section 2 and figure 2.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=64,
        widths=(32, 64, 64),
        stage=0,
        fade_steps=500,
        r1=0.1,
        generator=None,
        discriminator=None,
        **kwargs,
    ):
        check_widths(widths)
        image_shape = check_image_shape(image_shape, divisible_by=2 ** len(widths))
        check_positive_integers(latent_dim=latent_dim, fade_steps=fade_steps)
        check_not_negative(stage=stage)
        if stage not in range(len(widths) + 1):
            raise ValueError(
                f"stage must be an integer from 0 to {len(widths)}; got {stage}."
            )
        sizes = (image_shape, widths, stage)
        super().__init__(
            generator or growing_generator(*sizes, latent_dim),
            discriminator or growing_discriminator(*sizes),
            r1=r1,
            **kwargs,
        )
        self.image_shape = image_shape
        self.widths, self.stage, self.fade_steps = tuple(widths), stage, fade_steps
        self.trained_steps = self.add_weight(
            initializer="zeros", trainable=False, name="trained_steps"
        )

    def _check_players(self, generator, discriminator):
        num_conditions = min(len(generator.inputs) - 1, 1)  # the last stage's share
        check_players(generator, discriminator, num_conditions)

    def grown(self):
        """Returns a model of the next stage that knows what this one has learned.

        Returns:
            A `ProgressiveGAN`, to be compiled.

        Raises:
            ValueError: if this is the last stage.
        """
        if self.stage == len(self.widths):
            raise ValueError(
                f"Stage {self.stage} is the last one: it draws pictures of "
                f"{self.image_shape[0]} x {self.image_shape[1]}."
            )
        config = self.get_config()
        del config["generator"], config["discriminator"]
        larger = type(self)(**{**config, "stage": self.stage + 1})
        for old, new in (
            (self.generator, larger.generator),
            (self.discriminator, larger.discriminator),
        ):
            known = {layer.name: layer for layer in old.layers}
            for layer in new.layers:
                if layer.name in known:
                    layer.set_weights(known[layer.name].get_weights())
        return larger

    # ------------------------------------------------------------------- training

    def share(self):
        """How much the last stage counts, from 0 to 1: a scalar tensor."""
        return ops.minimum(self.trained_steps / self.fade_steps, 1.0)

    def _parts(self, inputs):
        images, _ = super()._parts(inputs)
        factor = 2 ** (len(self.widths) - self.stage)
        if factor > 1:
            images = ops.average_pool(images, factor, factor)
        if not self.stage:
            return images, []
        share = self.share()
        coarse = _doubled(ops.average_pool(images, 2, 2))
        images = coarse + share * (images - coarse)
        return images, [ops.ones((ops.shape(images)[0], 1)) * share]

    def compute_loss(self, *args, training=True, **kwargs):
        """As that of `GAN`; the last stage counts a little more at the next step."""
        loss = super().compute_loss(*args, training=training, **kwargs)
        if training:
            self.trained_steps.assign_add(1.0)
        return loss

    # ---------------------------------------------------------------------- using

    def draw(self, latents, *condition, batch_size=256):
        """Draws the picture of each latent vector, as `GAN` does."""
        if self.stage:
            share = float(ops.convert_to_numpy(self.share()))
            condition = (np.full((len(latents), 1), share, "float32"),)
        return super().draw(latents, *condition, batch_size=batch_size)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "widths": self.widths,
            "stage": self.stage,
            "fade_steps": self.fade_steps,
        }


def growing_generator(image_shape, widths, stage, latent_dim):
    """The generator of a stage; layers of one name belong together in all stages.

    Args:
        image_shape: of the last stage.
        widths: as for `ProgressiveGAN`.
        stage: likewise.
        latent_dim: likewise.

    Returns:
        A `keras.Model`, latents or `[latents, share]` -> pictures in [-1, 1].
    """
    height, width, channels = image_shape
    start = (height // 2 ** len(widths), width // 2 ** len(widths), widths[-1])
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.UnitNormalization()(latents)
    x = layers.Dense(start[0] * start[1] * start[2], name="stage_0")(x)
    x = _feature(layers.Reshape(start)(x), 0)
    for number in range(1, stage + 1):
        before = x
        x = layers.UpSampling2D(2)(x)
        x = _convolution(widths[-number], f"stage_{number}")(x)
        x = _feature(x, number)

    def colours(maps, number):
        return PointwiseConv2D(channels, 1, name=f"colours_{number}")(maps)

    made = colours(x, stage)
    if not stage:
        return keras.Model(latents, ops.tanh(made), name="generator")
    share = keras.Input((1,), name="share")
    coarse = layers.UpSampling2D(2)(colours(before, stage - 1))
    made = Mixture()([coarse, made, share])
    return keras.Model([latents, share], ops.tanh(made), name="generator")


def growing_discriminator(image_shape, widths, stage):
    """The discriminator of a stage; layers of one name belong together in all stages.

    Args:
        image_shape: of the last stage.
        widths: as for `ProgressiveGAN`.
        stage: likewise.

    Returns:
        A `keras.Model`, pictures or `[pictures, share]` -> logits `(batch, 1)`.
    """
    factor = 2 ** (len(widths) - stage)
    shape = (image_shape[0] // factor, image_shape[1] // factor, image_shape[2])
    pictures = keras.Input(shape, name="pictures")
    widths = (*widths, widths[-1])  # stage 0 is as wide as stage 1

    def seen(images, number):
        out = widths[len(widths) - 1 - number]
        return _leaky(PointwiseConv2D(out, 1, name=f"seen_{number}")(images))

    def smaller(x, number):
        x = _leaky(_convolution(widths[len(widths) - number], f"stage_{number}")(x))
        return layers.AveragePooling2D(2)(x)

    inputs, x = pictures, seen(pictures, stage)
    if stage:
        share = keras.Input((1,), name="share")
        inputs = [pictures, share]
        coarse = seen(layers.AveragePooling2D(2)(pictures), stage - 1)
        x = Mixture()([coarse, smaller(x, stage), share])
    for number in range(stage - 1, 0, -1):
        x = smaller(x, number)
    x = _leaky(_convolution(widths[-1], "stage_0")(x))
    logits = layers.Dense(1, dtype="float32", name="logits")(layers.Flatten()(x))
    return keras.Model(inputs, logits, name="discriminator")


def _convolution(channels, name):
    return layers.Conv2D(
        channels, 3, padding="same", kernel_initializer="he_normal", name=name
    )


def _leaky(x):
    return layers.LeakyReLU(SLOPE)(x)


def _feature(x, number):
    """Each place's vector gets one length: no map grows without bound."""
    return layers.RMSNormalization(name=f"length_{number}")(_leaky(x))


def _doubled(images):
    return ops.repeat(ops.repeat(images, 2, axis=1), 2, axis=2)


@keras.saving.register_keras_serializable(package="keras_gen")
class Mixture(layers.Layer):
    """Two maps, the second of which counts for a share.

    Args:
        **kwargs: as for `keras.layers.Layer`.

    Call arguments:
        inputs: `[old, new, share]`: two feature maps `(batch, height, width, channels)`
            and `(batch, 1)` in [0, 1].

    Returns:
        A feature map of the same shape.

    Example:

    >>> old, new = ops.zeros((1, 1, 1, 1)), ops.ones((1, 1, 1, 1))
    >>> float(Mixture()([old, new, ops.ones((1, 1)) / 4])[0, 0, 0, 0])
    0.25
    """

    def call(self, inputs):
        """Mixes."""
        old, new, share = inputs
        return old + ops.reshape(share, (-1, 1, 1, 1)) * (new - old)

    def compute_output_shape(self, input_shape):
        """Tells the shape of a map."""
        return input_shape[0]
