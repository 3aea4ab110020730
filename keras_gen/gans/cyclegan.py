"""CycleGAN: from one kind of picture to another and back, learned without pairs.

Two translators and two judges.  Each judge knows the true pictures of one kind; that a
picture comes back to itself by way of the other kind keeps its content, which no judge
could ask for.

Synopsis:

>>> from keras_gen.data import flower_nights, flowers
>>> from keras_gen.gans import CycleGAN, build_patch_discriminator, build_translator
>>> shape, widths = (16, 16, 3), (4, 8)
>>> model = CycleGAN(
...     *[build_translator(shape, widths, "instance") for _ in range(2)],
...     *[build_patch_discriminator(shape, widths, "instance") for _ in range(2)],
... )
>>> model.compile()
>>> data = {"sources": flower_nights(8, 16), "images": flowers(8, 16, seed=1).images}
>>> history = model.fit(data, epochs=1, verbose=0)
>>> model.translate(flower_nights(2, 16)).shape
(2, 16, 16, 3)
"""

import keras
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_not_negative, one_of
from keras_gen.feeding import checked, entries, pictures_of
from keras_gen.gans.duel import Duel, frozen_call
from keras_gen.gans.losses import LOSSES
from keras_gen.gans.players import check_pictures, refuse_targets
from keras_gen.gans.translators import (
    check_translators,
    refuse_single_pictures,
    translated,
)
from keras_gen.ranges import to_signed_range
from keras_gen.shelf import FromPreset

KINDS = ("images", "sources")
NETWORKS = ("generator", "generator_back", "discriminator", "discriminator_back")


@keras.saving.register_keras_serializable(package="keras_gen")
class CycleGAN(FromPreset, Duel, keras.Model):
    """Trains two translators, there and back, on pictures that are no pairs.

    Args:
        generator: model, sources in [-1, 1] -> pictures in [-1, 1], as
            `build_translator` makes it.
        generator_back: likewise, from pictures to sources.
        discriminator: model, pictures -> a logit a patch, as
            `build_patch_discriminator` makes it.
        discriminator_back: likewise, of sources.
        adversarial_loss: one of `LOSSES`.
        cycle: weight of the mean absolute difference between a picture and what comes
            back of it.
        identity: weight of the difference between a picture and what the translator to
            its own kind makes of it, as a share of `cycle`; it keeps colours.

    Call arguments:
        inputs: `{"images", "sources"}`, both `(batch, height, width, channels)`, uint8
            in [0, 255] or floats in [-1, 1]; what has the same place need not belong
            together.

    Returns:
        `{"images", "sources"}`: what became of the other kind, in [-1, 1].

    Reference:
        Zhu et al. 2017, https://arxiv.org/abs/1703.10593, eq. 3, and section 5.2 for
        the identity.
    """

    def __init__(
        self,
        generator,
        generator_back,
        discriminator,
        discriminator_back,
        adversarial_loss="least_squares",
        cycle=10.0,
        identity=0.5,
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        check_translators(generator, discriminator)
        check_translators(generator_back, discriminator_back)
        check_not_negative(cycle=cycle, identity=identity)
        self.pays = one_of("adversarial_loss", adversarial_loss, LOSSES)
        self.generator, self.generator_back = generator, generator_back
        self.discriminator = discriminator
        self.discriminator_back = discriminator_back
        self.adversarial_loss = adversarial_loss
        self.cycle = cycle
        self.identity = identity
        self.image_shapes = {
            "sources": tuple(generator_back.output_shape[1:]),
            "images": tuple(generator.output_shape[1:]),
        }
        self.image_shape = self.image_shapes["images"]
        for kind, network in zip(KINDS, (generator_back, generator), strict=True):
            if tuple(network.inputs[0].shape[1:]) != self.image_shapes[kind]:
                raise ValueError(
                    f"One generator takes {tuple(network.inputs[0].shape[1:])}, but "
                    f"the other makes {self.image_shapes[kind]}."
                )
        if identity and len(set(self.image_shapes.values())) > 1:
            raise ValueError(
                "identity must be 0 if sources and images have not the same shape; got "
                f"{self.image_shapes['sources']} and {self.image_shapes['images']}."
            )
        self.cycle_tracker = keras.metrics.Mean(name="cycle_distance")
        self._enter()

    @property
    def discriminators(self):
        """The networks that `discriminator_turn` trains."""
        return [self.discriminator, self.discriminator_back]

    # ------------------------------------------------------------------- training

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does, and checks the input first."""
        x = self._checked(x, y, kwargs)
        return super().fit(x, None, *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Gives the losses as `keras.Model.evaluate` does."""
        x = self._checked(x, y, kwargs)
        return super().evaluate(x, None, *args, **kwargs)

    def _checked(self, x, y, options):
        refuse_targets(self, y, options)
        return checked(self._checked_data, x, options)

    def _checked_data(self, x):
        refuse_single_pictures(x)
        if isinstance(x, dict):
            x = {kind: pictures_of(each, kind) for kind, each in _by_kind(x)}
            for kind in KINDS:
                check_pictures(x[kind], self.image_shapes[kind], kind)
            if len(x["images"]) != len(x["sources"]):
                raise ValueError(
                    "images and sources must be equally many, if they come as arrays; "
                    f"got {len(x['images'])} and {len(x['sources'])}."
                )
        return x

    def _parts(self, inputs):
        return {kind: to_signed_range(each) for kind, each in _by_kind(inputs)}

    def call(self, inputs, training=False):
        """Turns the pictures of each kind into the other."""
        true = self._parts(inputs)
        return {
            "sources": self.generator_back(true["images"], training=training),
            "images": self.generator(true["sources"], training=training),
        }

    def discriminator_turn(self, x, made, training):
        """What both discriminators pay for true and for generated pictures."""
        true, losses = self._parts(x), []
        for kind, judge in self._judges():
            real_logits, fake_logits = (
                judge(images[kind], training=training) for images in (true, made)
            )
            losses += [self.pays.real(real_logits), self.pays.fake(fake_logits)]
        return sum(backend.batch_mean(loss) for loss in losses)

    def generator_turn(self, x, made, training):
        """What both generators pay: logits, what does not come back, lost colours."""
        true = self._parts(x)
        fooled = sum(
            backend.batch_mean(
                self.pays.generator(frozen_call(judge, made[kind], training))
            )
            for kind, judge in self._judges()
        )
        back = {
            "sources": self.generator_back(made["images"], training=training),
            "images": self.generator(made["sources"], training=training),
        }
        lost = sum(_distances(true[kind], back[kind]) for kind in KINDS)
        self.cycle_tracker.update_state(lost / 2.0)
        if self.identity:
            kept = {
                "sources": self.generator_back(true["sources"], training=training),
                "images": self.generator(true["images"], training=training),
            }
            changed = sum(_distances(true[kind], kept[kind]) for kind in KINDS)
            lost = lost + self.identity * changed
        return fooled + self.cycle * backend.batch_mean(lost)

    def _judges(self):
        return zip(KINDS, (self.discriminator, self.discriminator_back), strict=True)

    # ---------------------------------------------------------------------- using

    def translate(self, sources, batch_size=256):
        """Turns each source into a picture of the other kind.

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

    def translate_back(self, images, batch_size=256):
        """Turns each picture into a source; the rest as for `translate`."""
        return translated(self.generator_back, images, "images", batch_size)

    # --------------------------------------------------------------------- saving

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            **{name: serialize(getattr(self, name)) for name in NETWORKS},
            "adversarial_loss": self.adversarial_loss,
            "cycle": self.cycle,
            "identity": self.identity,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for name in NETWORKS:
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)


def _by_kind(inputs):
    return zip(KINDS, entries(inputs, *KINDS), strict=True)


def _distances(images, others):
    """The mean absolute difference of each two pictures, `(batch,)`."""
    return ops.mean(ops.abs(images - others), axis=(1, 2, 3))
