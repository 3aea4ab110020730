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
>>> data = {"a": flower_nights(8, 16), "b": flowers(8, 16, seed=1).images}
>>> history = model.fit(data, epochs=1, verbose=0)
>>> model.to_b(flower_nights(2, 16)).shape
(2, 16, 16, 3)
"""

import keras
import numpy as np
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_not_negative, one_of
from keras_gen.data import Pictures
from keras_gen.feeding import pictures_of, refuse_lists_and_folders
from keras_gen.gans.duel import Duel, frozen_call
from keras_gen.gans.losses import LOSSES
from keras_gen.gans.players import check_pictures
from keras_gen.gans.translators import check_translators
from keras_gen.ranges import scale_output, to_signed_range
from keras_gen.shelf import FromPreset

KINDS = ("a", "b")
NETWORKS = ("generator_b", "generator_a", "discriminator_b", "discriminator_a")


@keras.saving.register_keras_serializable(package="keras_gen")
class CycleGAN(FromPreset, Duel, keras.Model):
    """Trains two translators, a -> b and b -> a, on pictures that are no pairs.

    Args:
        generator_b: model, pictures of kind a in [-1, 1] -> pictures of kind b, as
            `build_translator` makes it.
        generator_a: likewise, from b to a.
        discriminator_b: model, pictures of kind b -> a logit a patch, as
            `build_patch_discriminator` makes it.
        discriminator_a: likewise, of kind a.
        adversarial_loss: one of `LOSSES`.
        cycle: weight of the mean absolute difference between a picture and what comes
            back of it.
        identity: weight of the difference between a picture and what the translator to
            its own kind makes of it, as a share of `cycle`; it keeps colours.
        seed: as all models have it; nothing is drawn at random here.

    Call arguments:
        inputs: `{"a", "b"}`, both `(batch, height, width, channels)`, uint8 in [0, 255]
            or floats in [-1, 1]; pictures of the same place need not belong together.

    Returns:
        `{"a", "b"}`: what became of the pictures of the other kind, in [-1, 1].

    Reference:
        Zhu et al. 2017, https://arxiv.org/abs/1703.10593, eq. 3, and section 5.2 for
        the identity.
    """

    def __init__(
        self,
        generator_b,
        generator_a,
        discriminator_b,
        discriminator_a,
        adversarial_loss="least_squares",
        cycle=10.0,
        identity=0.5,
        seed=None,
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        check_translators(generator_b, discriminator_b)
        check_translators(generator_a, discriminator_a)
        check_not_negative(cycle=cycle, identity=identity)
        self.pays = one_of("adversarial_loss", adversarial_loss, LOSSES)
        self.generator_b, self.generator_a = generator_b, generator_a
        self.discriminator_b, self.discriminator_a = discriminator_b, discriminator_a
        self.adversarial_loss = adversarial_loss
        self.cycle = cycle
        self.identity = identity
        self.seed = seed
        self.image_shapes = {
            "a": tuple(generator_a.output_shape[1:]),
            "b": tuple(generator_b.output_shape[1:]),
        }
        for kind, network in zip(KINDS, (generator_b, generator_a), strict=True):
            if tuple(network.inputs[0].shape[1:]) != self.image_shapes[kind]:
                raise ValueError(
                    f"One generator takes {tuple(network.inputs[0].shape[1:])}, but "
                    f"the other makes {self.image_shapes[kind]}."
                )
        if identity and self.image_shapes["a"] != self.image_shapes["b"]:
            raise ValueError(
                "identity must be 0 if the kinds have other shapes; got "
                f"{self.image_shapes['a']} and {self.image_shapes['b']}."
            )
        self.cycle_tracker = keras.metrics.Mean(name="cycle_distance")
        self._enter(discriminator_steps=1)

    @property
    def discriminators(self):
        """The networks that `discriminator_turn` trains."""
        return [self.discriminator_b, self.discriminator_a]

    # ------------------------------------------------------------------- training

    def fit(self, x=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does, and checks the input first."""
        return super().fit(self._checked_data(x), *args, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        """Gives the losses as `keras.Model.evaluate` does."""
        return super().evaluate(self._checked_data(x), *args, **kwargs)

    def _checked_data(self, x):
        refuse_lists_and_folders(x)
        if isinstance(x, Pictures) or hasattr(x, "shape"):
            raise ValueError(
                "x must be a dict with the entries a and b, or a feed of such; "
                f"got {type(x).__name__}."
            )
        if isinstance(x, dict):
            x = {kind: pictures_of(self._entry(x, kind), kind) for kind in KINDS}
            for kind in KINDS:
                check_pictures(x[kind], self.image_shapes[kind], kind)
            if len(x["a"]) != len(x["b"]):
                raise ValueError(
                    "a and b must be equally many, if they come as arrays; got "
                    f"{len(x['a'])} and {len(x['b'])}."
                )
        return x

    def _entry(self, inputs, kind):
        if kind not in inputs:
            raise ValueError(f"The inputs must have the entries a and b; no {kind}.")
        return inputs[kind]

    def _parts(self, inputs):
        return {kind: to_signed_range(self._entry(inputs, kind)) for kind in KINDS}

    def call(self, inputs, training=False):
        """Turns the pictures of each kind into the other."""
        true = self._parts(inputs)
        return {
            "a": self.generator_a(true["b"], training=training),
            "b": self.generator_b(true["a"], training=training),
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
            "a": self.generator_a(made["b"], training=training),
            "b": self.generator_b(made["a"], training=training),
        }
        lost = sum(_distances(true[kind], back[kind]) for kind in KINDS)
        self.cycle_tracker.update_state(lost / 2.0)
        if self.identity:
            kept = {
                "a": self.generator_a(true["a"], training=training),
                "b": self.generator_b(true["b"], training=training),
            }
            changed = sum(_distances(true[kind], kept[kind]) for kind in KINDS)
            lost = lost + self.identity * changed
        return fooled + self.cycle * backend.batch_mean(lost)

    def _judges(self):
        return [("a", self.discriminator_a), ("b", self.discriminator_b)]

    # ---------------------------------------------------------------------- using

    def to_b(self, images, batch_size=256):
        """Turns pictures of kind a into kind b.

        Args:
            images: array `(batch, height, width, channels)`, uint8 in [0, 255] or
                floats in [-1, 1].
            batch_size: pictures a step.

        Returns:
            uint8 array `(batch, height, width, channels)`.

        Raises:
            ValueError: if their shape is another one than in training.
        """
        return self._translate(self.generator_b, "a", images, batch_size)

    def to_a(self, images, batch_size=256):
        """Turns pictures of kind b into kind a; the rest as for `to_b`."""
        return self._translate(self.generator_a, "b", images, batch_size)

    def _translate(self, generator, kind, images, batch_size):
        check_pictures(images, self.image_shapes[kind], "images")
        images = ops.convert_to_numpy(to_signed_range(np.asarray(images)))
        made = generator.predict(images, batch_size=batch_size, verbose=0)
        return scale_output(made)

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
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for name in NETWORKS:
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)


def _distances(images, others):
    """The mean absolute difference of each two pictures, `(batch,)`."""
    return ops.mean(ops.abs(images - others), axis=(1, 2, 3))
