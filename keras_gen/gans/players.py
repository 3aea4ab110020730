"""One generator against one discriminator: what every such pair has, whatever it draws.

`GAN` draws from latent vectors, `Pix2Pix` from another picture.
"""

import keras
import numpy as np
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_fraction, check_not_negative, one_of
from keras_gen.feeding import checked, pictures_of
from keras_gen.gans.duel import Duel, frozen_call
from keras_gen.gans.losses import LOSSES, smoothed
from keras_gen.gans.penalties import r1_penalty, slopes
from keras_gen.shelf import FromPreset


@keras.saving.register_keras_serializable(package="keras_gen")
class TwoPlayers(FromPreset, Duel, keras.Model):
    """Trains a generator and a discriminator against each other; a base class.

    Who derives from it has `call`, which draws, `_parts`, which says what of the input
    is true pictures and what is a condition, and `_check_players`.

    Args:
        generator: model whose output is pictures in [-1, 1].
        discriminator: model, `pictures` or `[pictures, *condition]` -> logits.
        adversarial_loss: one of `LOSSES`.
        discriminator_steps: to one step of the generator.
        smoothing: share, below 1/2, of true pictures that count as generated.
        r1: weight of the penalty on the discriminator's slope at true pictures.
        seed: of what is drawn at random in training.
        alternating: whether one waits while the other moves.

    Raises:
        ValueError: if the networks or the numbers do not fit.
    """

    def __init__(
        self,
        generator,
        discriminator,
        adversarial_loss="non_saturating",
        discriminator_steps=1,
        smoothing=0.0,
        r1=0.0,
        seed=None,
        alternating=False,
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        self._check_players(generator, discriminator)
        check_fraction(smoothing=smoothing)
        if smoothing >= 0.5:
            raise ValueError(f"smoothing must be below 1/2; got {smoothing}.")
        check_not_negative(r1=r1)
        self.pays = one_of("adversarial_loss", adversarial_loss, LOSSES)
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial_loss = adversarial_loss
        self.smoothing = smoothing
        self.r1 = r1
        self.seed = seed
        self.image_shape = tuple(generator.output_shape[1:])
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.score_trackers = [keras.metrics.Mean(name=n) for n in self.scores]
        self._enter(discriminator_steps, alternating)

    # What is logged of the logits: name -> function of those of true and generated.
    scores = {
        "real_accuracy": lambda real, fake: ops.cast(real > 0, "float32"),
        "fake_accuracy": lambda real, fake: ops.cast(fake < 0, "float32"),
    }

    @property
    def discriminators(self):
        """The networks that `discriminator_turn` trains."""
        return [self.discriminator]

    # ------------------------------------------------------------------- training

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does, and checks the input first."""
        x = self._checked(x, y, kwargs)
        return super().fit(x, None, *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Gives both losses as `keras.Model.evaluate` does."""
        x = self._checked(x, y, kwargs)
        return super().evaluate(x, None, *args, **kwargs)

    def _checked(self, x, y, options):
        refuse_targets(self, y, options)
        return checked(self._checked_data, x, options)

    def _checked_data(self, x):
        x = pictures_of(x)
        if hasattr(x, "shape"):
            self._check_images(x)
        return x

    def _check_images(self, images, name="x"):
        check_pictures(images, self.image_shape, name)

    @property
    def draws_pictures(self):
        """Whether it makes pictures, and not vectors of another kind."""
        return len(self.image_shape) == 3

    def discriminator_turn(self, x, made, training):
        """What the discriminator pays for both kinds of pictures, and penalties."""
        real, condition = self._parts(x)
        real_logits, fake_logits = (
            self.discriminator(with_condition(images, condition), training=training)
            for images in (real, made)
        )
        for tracker, score in zip(
            self.score_trackers, self.scores.values(), strict=True
        ):
            tracker.update_state(score(real_logits, fake_logits))
        pays_for_real = smoothed(self.pays, self.smoothing)
        loss = pays_for_real(real_logits) + self.pays.fake(fake_logits)
        loss = backend.batch_mean(loss)
        penalties = self.penalties(real, made, condition)
        return loss if penalties is None else loss + backend.batch_mean(penalties)

    def penalties(self, real, made, condition):
        """What the discriminator pays besides, `(batch,)`, or None for nothing."""
        if not self.r1:
            return None
        return self.r1 * r1_penalty(slopes(self.discriminator, real, condition))

    def generator_turn(self, x, made, training):
        """What the generator pays for the logits of its pictures."""
        _, condition = self._parts(x)
        inputs = with_condition(made, condition)
        logits = frozen_call(self.discriminator, inputs, training)
        return backend.batch_mean(self.pays.generator(logits))

    # --------------------------------------------------------------------- saving

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "adversarial_loss": self.adversarial_loss,
            "discriminator_steps": self.discriminator_steps,
            "smoothing": self.smoothing,
            "r1": self.r1,
            "seed": self.seed,
            "alternating": self.alternating,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for part in ("generator", "discriminator"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)


def with_condition(x, condition):
    """What a network is given: pictures or latent vectors, and what goes with them."""
    return [x, *condition] if condition else x


def refuse_targets(model, y, options):
    """Raises a ValueError where `fit` got what a GAN does not learn from.

    Args:
        model: a GAN.
        y: what `fit` got as its targets.
        options: what else it got.
    """
    if y is not None or options.get("sample_weight") is not None:
        raise ValueError(
            f"A {type(model).__name__} has no use for y and sample_weight."
        )


def check_pictures(images, image_shape, name):
    """Raises a ValueError unless an array has the shape and the range of pictures.

    Args:
        images: array or tensor.
        image_shape: of one of them; only what has three sizes has a range.
        name: what to call them.
    """
    shape = tuple(images.shape)
    if shape[1:] != image_shape:
        expected = ", ".join(map(str, ("batch", *image_shape)))
        raise ValueError(f"{name} must have the shape ({expected}); got {shape}.")
    floats = isinstance(images, np.ndarray) and images.dtype.kind == "f"
    if floats and len(image_shape) == 3 and np.abs(images).max(initial=0) > 1:
        raise ValueError(
            f"{name} must be uint8 in [0, 255] or floats in [-1, 1]; got floats in "
            f"[{images.min():g}, {images.max():g}]."
        )
