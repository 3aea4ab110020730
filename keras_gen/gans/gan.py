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

from keras_gen.checks import check_positive_integers
from keras_gen.gans.networks import check_players
from keras_gen.gans.players import TwoPlayers, with_condition
from keras_gen.ranges import scale_output, to_signed_range


@keras.saving.register_keras_serializable(package="keras_gen")
class GAN(TwoPlayers):
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
        alternating: whether one waits while the other moves: of `discriminator_steps`
            + 1 batches the discriminator learns from all but the last, and then the
            generator, against what the discriminator has become. False for steps at
            once, where the generator takes one on every so many batches.

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

    num_conditions = 0  # of what both networks take besides

    @property
    def latent_dim(self):
        """Length of a latent vector."""
        return self.generator.inputs[0].shape[-1]

    def _check_players(self, generator, discriminator):
        check_players(generator, discriminator, self.num_conditions)

    def _parts(self, inputs):
        """The true pictures, in the generator's range, and the list of conditions."""
        return to_signed_range(inputs), []

    def call(self, inputs, training=False):
        """Draws as many pictures as came, with fresh latent vectors."""
        images, condition = self._parts(inputs)
        shape = (ops.shape(images)[0], self.latent_dim)
        latents = keras.random.normal(shape, seed=self.seed_generator)
        return self.generator(with_condition(latents, condition), training=training)

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

        Raises:
            ValueError: for other latents, or a condition too many, missing or short.
        """
        latents = np.asarray(latents, dtype="float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"latents must have the shape (batch, {self.latent_dim}); "
                f"got {latents.shape}."
            )
        condition = [np.atleast_1d(one) for one in condition]
        wanted = len(self.generator.inputs) - 1
        if [len(one) for one in condition] != [len(latents)] * wanted:
            raise ValueError(
                f"The generator takes {wanted} conditions of {len(latents)} entries "
                f"each; got the shapes {[one.shape for one in condition]}."
            )
        made = self.generator.predict(
            with_condition(latents, condition), batch_size=batch_size, verbose=0
        )
        return scale_output(made) if self.draws_pictures else made
