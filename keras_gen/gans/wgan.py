"""The Wasserstein GAN: the discriminator becomes a critic whose slope is bounded.

Its loss then estimates how far apart true and generated pictures are, and has a slope
everywhere, also where it is sure.  The bound is a penalty on the slope, or the cruder
clipping of its weights.

Synopsis:

>>> import numpy as np
>>> from keras_gen.gans import WassersteinGAN, build_discriminator, build_generator
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype="uint8")
>>> critic = build_discriminator((8, 8, 1), (4, 8), normalization=None)
>>> gan = WassersteinGAN(build_generator((8, 8, 1), 4, (4, 8)), critic)
>>> gan.compile()
>>> history = gan.fit(images, epochs=1, verbose=0)
>>> sorted(history.history)
['discriminator_loss', 'generator_loss', 'loss', 'wasserstein_distance']
"""

import keras

from keras_gen.checks import check_not_negative, check_positive
from keras_gen.gans.gan import GAN
from keras_gen.gans.penalties import Clip, gradient_penalty, mixed, slopes


@keras.saving.register_keras_serializable(package="keras_gen")
class WassersteinGAN(GAN):
    """Trains a generator against a critic that estimates the Wasserstein distance.

    Logged is that estimate, `wasserstein_distance`: it should fall.

    Args:
        generator: as for `GAN`.
        discriminator: the critic, as for `GAN`, without batch normalisation, which
            mixes the pictures of a batch, where the penalty is of each one's slope.
        penalty: weight of the gradient penalty; it is not used with `clip`.
        clip: None, or the bound to which the critic's weights are clipped after each
            step, such as 0.01.
        discriminator_steps: of the critic, to one of the generator.
        adversarial_loss: the difference of mean scores; as for `GAN`.
        **kwargs: as for `GAN`.

    Call arguments:
        inputs: as for `GAN`.

    Returns:
        As `GAN`.

    Reference:
        Arjovsky et al. 2017, https://arxiv.org/abs/1701.07875, algorithm 1 (clipping);
        Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028, algorithm 1 (penalty).
    """

    scores = {"wasserstein_distance": lambda real, fake: real - fake}

    def __init__(
        self,
        generator,
        discriminator,
        penalty=10.0,
        clip=None,
        discriminator_steps=5,
        adversarial_loss="wasserstein",
        **kwargs,
    ):
        super().__init__(
            generator, discriminator, adversarial_loss, discriminator_steps, **kwargs
        )
        check_not_negative(penalty=penalty)
        self.penalty = penalty
        self.clip = clip
        if clip is not None:
            check_positive(clip=clip)
            for weight in discriminator.trainable_variables:
                weight.constraint = Clip(clip)

    def penalties(self, real, made, condition):
        """The gradient penalty between true and generated pictures."""
        if self.clip is not None or not self.penalty:
            return super().penalties(real, made, condition)
        between = mixed(real, made, self.seed_generator)
        gradients = slopes(self.discriminator, between, condition)
        return self.penalty * gradient_penalty(gradients)

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        own = {"penalty": self.penalty, "clip": self.clip}
        return {**super().get_config(), **own}
