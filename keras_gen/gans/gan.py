"""The generative adversarial network: one network draws, another tells true from drawn.

Synopsis:

>>> import numpy as np
>>> from keras_gen.gans import GAN, build_discriminator, build_generator
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype="uint8")
>>> discriminator = build_discriminator((8, 8, 1), widths=(4, 8))
>>> gan = GAN(build_generator((8, 8, 1), 4, widths=(4, 8)), discriminator)
>>> gan.compile()
>>> history = gan.fit(images, epochs=1, verbose=0)
>>> gan.generate(3, seed=0).shape
(3, 8, 8, 1)
"""

import keras
import numpy as np
from keras import ops

from keras_gen import backend
from keras_gen.checks import (
    check_fraction,
    check_not_negative,
    check_positive_integers,
    one_of,
)
from keras_gen.feeding import pictures_of
from keras_gen.gans.duel import Duel, frozen_call
from keras_gen.gans.losses import LOSSES, smoothed
from keras_gen.gans.networks import check_players
from keras_gen.gans.penalties import r1_penalty, slopes
from keras_gen.ranges import scale_output, to_signed_range
from keras_gen.shelf import FromPreset


@keras.saving.register_keras_serializable(package="keras_gen")
class GAN(FromPreset, Duel, keras.Model):
    """Trains a generator and a discriminator against each other.

    Pictures go in as uint8 in [0, 255] or floats in [-1, 1], and come out as uint8.
    What has another rank than pictures, such as points of the plane, is used as it is.

    Args:
        generator: model, latent vectors -> pictures in [-1, 1], as `build_generator`
            makes it.
        discriminator: model, pictures in [-1, 1] -> logits `(batch, 1)`, above 0 for
            "real", as `build_discriminator` makes it.
        adversarial_loss: one of `LOSSES`: `"minimax"`, `"non_saturating"`,
            `"least_squares"`, `"hinge"`, `"wasserstein"`.
        discriminator_steps: to one step of the generator.
        smoothing: share, below 1/2, of true pictures that count as generated
            (one-sided label smoothing); 0 for none.
        r1: weight of the penalty on the discriminator's squared slope at true
            pictures; 0 for none.
        seed: of the latent vectors in training.

    Call arguments:
        inputs: true pictures `(batch, height, width, channels)`; only their number
            is used.

    Returns:
        As many generated pictures, in [-1, 1].

    Raises:
        ValueError: if the networks or the numbers do not fit.

    Reference:
        Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, algorithm 1;
        Salimans et al. 2016, https://arxiv.org/abs/1606.03498, section 3.4 (smoothing);
        Mescheder et al. 2018, https://arxiv.org/abs/1801.04406, eq. 9 (R1).
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
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        check_players(generator, discriminator, self.num_conditions)
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
        self.latent_dim = generator.inputs[0].shape[-1]
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.score_trackers = [keras.metrics.Mean(name=n) for n in self.scores]
        self._enter(discriminator_steps)

    num_conditions = 0  # of what both networks take besides
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
        return super().fit(self._checked_data(x, y, kwargs), None, *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Gives both losses as `keras.Model.evaluate` does."""
        return super().evaluate(self._checked_data(x, y, kwargs), None, *args, **kwargs)

    def _checked_data(self, x, y, options):
        if y is not None or options.get("sample_weight") is not None:
            raise ValueError(
                f"A {type(self).__name__} has no use for y and sample_weight."
            )
        x = pictures_of(x)
        if hasattr(x, "shape"):
            self._check_images(x)
        return x

    def _check_images(self, images, name="x"):
        shape = tuple(images.shape)
        if shape[1:] != self.image_shape:
            expected = ", ".join(map(str, ("batch", *self.image_shape)))
            raise ValueError(f"{name} must have the shape ({expected}); got {shape}.")
        floats = isinstance(images, np.ndarray) and images.dtype.kind == "f"
        if floats and self.draws_pictures and np.abs(images).max(initial=0) > 1:
            raise ValueError(
                f"{name} must be uint8 in [0, 255] or floats in [-1, 1]; got floats in "
                f"[{images.min():g}, {images.max():g}]."
            )

    @property
    def draws_pictures(self):
        """Whether it makes pictures, and not vectors of another kind."""
        return len(self.image_shape) == 3

    def _parts(self, inputs):
        """The true pictures, in the generator's range, and the list of conditions."""
        return to_signed_range(inputs), []

    def call(self, inputs, training=False):
        """Draws as many pictures as came, with fresh latent vectors."""
        images, condition = self._parts(inputs)
        shape = (ops.shape(images)[0], self.latent_dim)
        latents = keras.random.normal(shape, seed=self.seed_generator)
        return self.generator(_with(latents, condition), training=training)

    def discriminator_turn(self, x, made, training):
        """What the discriminator pays for both kinds of pictures, and penalties."""
        real, condition = self._parts(x)
        real_logits, fake_logits = (
            self.discriminator(_with(images, condition), training=training)
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
        inputs = _with(made, condition)
        logits = frozen_call(self.discriminator, inputs, training)
        return backend.batch_mean(self.pays.generator(logits))

    # ---------------------------------------------------------------------- using

    def generate(self, num_images, seed=None):
        """Draws pictures from latent vectors of N(0, I).

        Args:
            num_images: how many.
            seed: integer; the same seed gives the same pictures.

        Returns:
            uint8 array `(num_images, height, width, channels)`.
        """
        check_positive_integers(num_images=num_images)
        return self.draw(self.latents(num_images, seed))

    def latents(self, num_images, seed=None):
        """Latent vectors for as many pictures, float32 `(num_images, latent_dim)`."""
        shape = (num_images, self.latent_dim)
        return ops.convert_to_numpy(keras.random.normal(shape, seed=seed))

    def draw(self, latents, *condition, batch_size=256):
        """Draws the picture of each latent vector.

        Args:
            latents: `(batch, latent_dim)`.
            *condition: what else the generator takes, one array each.
            batch_size: vectors a step.

        Returns:
            uint8 array `(batch, height, width, channels)`; floats where it makes no
            pictures.
        """
        latents = np.asarray(latents, dtype="float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"latents must have the shape (batch, {self.latent_dim}); "
                f"got {latents.shape}."
            )
        made = self.generator.predict(
            _with(latents, condition), batch_size=batch_size, verbose=0
        )
        return scale_output(made) if self.draws_pictures else made

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
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for part in ("generator", "discriminator"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)


def _with(x, condition):
    return [x, *condition] if condition else x
