"""The variational autoencoder: a latent space one can draw from.

Synopsis:

>>> import numpy as np
>>> from keras_gen.autoencoders import VAE, build_decoder, build_encoder
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype="uint8")
>>> vae = VAE(build_encoder((8, 8, 1), 2), build_decoder((8, 8, 1), 2))
>>> vae.compile("adam")
>>> history = vae.fit(images, epochs=1, verbose=0)
>>> vae.generate(3, seed=0).shape
(3, 8, 8, 1)
"""

import keras
import numpy as np
from keras import layers, ops

from keras_gen import backend
from keras_gen.autoencoders.losses import (
    kl_divergence,
    reconstruction_loss,
    to_unit_range,
)
from keras_gen.autoencoders.networks import check_halves
from keras_gen.checks import (
    check_images,
    check_not_negative,
    check_positive_integers,
    check_unit_range,
)
from keras_gen.feeding import checked, pictures_of, refuse_loss, targets
from keras_gen.optimizers import build_optimizer
from keras_gen.shelf import FromPreset

register = keras.saving.register_keras_serializable(package="keras_gen")


@register
class Sampler(layers.Layer):
    """Draws a latent vector, in a way that gradients pass through.

    `z = z_mean + exp(0.5 * z_log_var) * epsilon`, with fresh `epsilon ~ N(0, I)`.

    The slide writes `z_mean + exp(z_log_variance) * epsilon`.  But what `epsilon` is
    multiplied with must be the standard deviation, and `z_log_var` is the logarithm
    of the *variance*: `sqrt(exp(z_log_var)) = exp(0.5 * z_log_var)`.  Without the
    0.5, at `z_log_var = 2` the noise is 2.7 times too wide, and the KL term, which
    does take `z_log_var` for a log-variance, no longer fits the samples.

    Args:
        seed: of the noise.

    Call arguments:
        z_mean: `(batch, latent_dim)`.
        z_log_var: `(batch, latent_dim)`.

    Returns:
        `z`, `(batch, latent_dim)`.

    Reference:
        Kingma & Welling 2014, https://arxiv.org/abs/1312.6114, section 2.4.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, z_mean, z_log_var):
        """Draws one `z` for each row."""
        epsilon = keras.random.normal(
            ops.shape(z_mean), dtype=z_mean.dtype, seed=self.seed_generator
        )
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}


@register
class VAE(FromPreset, keras.Model):
    """Trains an encoder and a decoder to maximise the evidence lower bound.

    Pictures go in as uint8 in [0, 255] or floats in [0, 1], and come out as uint8.

    Args:
        encoder: model, pictures -> `[z_mean, z_log_var]`, as `build_encoder` makes.
        decoder: model, `z` -> pictures in [0, 1], as `build_decoder` makes.
        beta: weight of the KL term; 1 is the bound itself, more gives a latent space
            with fewer, tidier dimensions and blurrier pictures.
        seed: of the latent noise in training.

    Call arguments:
        inputs: pictures `(batch, height, width, channels)`.

    Returns:
        `(reconstructions, z_mean, z_log_var)`; reconstructions in [0, 1].

    Reference:
        Kingma & Welling 2014, https://arxiv.org/abs/1312.6114, eq. 7 (the loss);
        Higgins et al. 2017, https://openreview.net/forum?id=Sy2fzU9gl, eq. 4 (beta).
    """

    def __init__(self, encoder, decoder, beta=1.0, seed=None, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        check_not_negative(beta=beta)
        check_halves(encoder, decoder, ["z_mean", "z_log_var"])
        self.encoder = encoder
        self.decoder = decoder
        self.beta = beta
        self.seed = seed
        self.image_shape = tuple(encoder.input_shape[1:])
        self.latent_dim = decoder.input_shape[-1]
        self.sampler = Sampler(seed, dtype="float32")
        self.sampler.built = True
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_tracker = keras.metrics.Mean(name="kl_loss")
        self.built = True  # as its parts are

    # ------------------------------------------------------------------ training

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does, and checks the input first."""
        refuse_loss(getattr(self, "loss", None))
        x = checked(self._checked_data, x, kwargs)
        build_optimizer(self)
        return super().fit(x, targets(x, y, kwargs), *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does, and checks the input first."""
        x = checked(self._checked_data, x, kwargs)
        return super().evaluate(x, targets(x, y, kwargs), *args, **kwargs)

    def _checked_data(self, x):
        x = pictures_of(x)
        if hasattr(x, "shape"):
            check_images(x, self.image_shape, name="x")
            check_unit_range(x, name="x")
        return x

    def call(self, inputs, training=False):
        """Encodes, draws `z`, decodes."""
        check_images(inputs, self.image_shape)
        z_mean, z_log_var = self.encoder(to_unit_range(inputs), training=training)
        z = self.sampler(z_mean, z_log_var)
        return self.decoder(z, training=training), z_mean, z_log_var

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Mean over the batch of `reconstruction_loss + beta * kl_divergence`."""
        reconstructions, z_mean, z_log_var = y_pred
        losses = reconstruction_loss(to_unit_range(x), reconstructions)
        divergences = kl_divergence(z_mean, z_log_var)
        self.reconstruction_tracker.update_state(losses)
        self.kl_tracker.update_state(divergences)
        total = losses + self.beta * divergences
        if sample_weight is not None:
            total = total * ops.cast(ops.reshape(sample_weight, (-1,)), total.dtype)
        return backend.batch_mean(total)

    # -------------------------------------------------------------------- using

    def encode(self, images, batch_size=256):
        """Gives the Gaussian of each picture.

        Args:
            images: `(batch, height, width, channels)`, uint8, or floats in [0, 1].
            batch_size: pictures a step.

        Returns:
            `(z_mean, z_log_var)`, float32 arrays `(batch, latent_dim)`.
        """
        check_images(images, self.image_shape)
        check_unit_range(images)
        images = ops.convert_to_numpy(to_unit_range(images))
        return tuple(self.encoder.predict(images, batch_size=batch_size, verbose=0))

    def decode(self, latents, batch_size=256):
        """Draws the picture of each latent vector.

        Args:
            latents: `(batch, latent_dim)`.
            batch_size: vectors a step.

        Returns:
            uint8 array `(batch, height, width, channels)`.
        """
        latents = np.asarray(latents, dtype="float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"latents must have the shape (batch, {self.latent_dim}); "
                f"got {latents.shape}."
            )
        images = self.decoder.predict(latents, batch_size=batch_size, verbose=0)
        return np.rint(255.0 * images).astype("uint8")

    def reconstruct(self, images):
        """Encodes and decodes, without noise; uint8, shaped as `images`."""
        return self.decode(self.encode(images)[0])

    def generate(self, num_images, seed=None):
        """Decodes latent vectors drawn from N(0, I).

        Args:
            num_images: how many.
            seed: integer; the same seed gives the same pictures.

        Returns:
            uint8 array `(num_images, height, width, channels)`.
        """
        check_positive_integers(num_images=num_images)
        shape = (num_images, self.latent_dim)
        return self.decode(ops.convert_to_numpy(keras.random.normal(shape, seed=seed)))

    def interpolate(self, image_a, image_b, num=8):
        """Decodes evenly spaced points on the line between two pictures' codes.

        Args:
            image_a: picture `(height, width, channels)`.
            image_b: likewise.
            num: how many, both ends included.

        Returns:
            uint8 array `(num, height, width, channels)`.
        """
        check_positive_integers(num=num)
        start, end = self.encode(np.stack([image_a, image_b]))[0]
        return self.decode(np.linspace(start, end, num))

    def elbo(self, images, num_samples=16, seed=0, batch_size=256):
        """Estimates the evidence lower bound of each picture (beta = 1).

        Args:
            images: `(batch, height, width, channels)`, uint8, or floats in [0, 1].
            num_samples: latent draws a picture; the KL term is exact.
            seed: of the draws.
            batch_size: pictures a step.

        Returns:
            float array `(batch,)`, in nats; the higher the better.

        Reference:
            Kingma & Welling 2014, https://arxiv.org/abs/1312.6114, eq. 7.
        """
        check_positive_integers(num_samples=num_samples)
        z_mean, z_log_var = self.encode(images, batch_size)
        target = to_unit_range(images)
        rng = np.random.default_rng(seed)
        total = np.zeros(len(z_mean))
        for _ in range(num_samples):
            epsilon = rng.standard_normal(z_mean.shape, dtype="float32")
            latents = z_mean + np.exp(0.5 * z_log_var) * epsilon
            decoded = self.decoder.predict(latents, batch_size=batch_size, verbose=0)
            losses = reconstruction_loss(target, ops.convert_to_tensor(decoded))
            total -= ops.convert_to_numpy(losses)
        divergences = kl_divergence(*map(ops.convert_to_tensor, (z_mean, z_log_var)))
        return total / num_samples - ops.convert_to_numpy(divergences)

    # -------------------------------------------------------------------- saving

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "encoder": serialize(self.encoder),
            "decoder": serialize(self.decoder),
            "beta": self.beta,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for part in ("encoder", "decoder"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)


def latent_grid(decoder, n, extent=2.0):
    """Decodes an n x n grid of a 2-D latent space, in one call.

    Args:
        decoder: model, `(batch, 2)` -> pictures.
        n: points along each axis.
        extent: the grid runs from `-extent` to `extent` on both axes.

    Returns:
        Array `(n * height, n * width, channels)` in the decoder's range; `z[0]` grows
        to the right and `z[1]` upwards.

    Raises:
        ValueError: if the latent space is not 2-D.
    """
    check_positive_integers(n=n)
    if decoder.input_shape[-1] != 2:
        raise ValueError(
            "A latent grid needs a 2-D latent space; the decoder takes "
            f"{decoder.input_shape[-1]} dimensions."
        )
    axis = np.linspace(-extent, extent, n)
    right, up = np.meshgrid(axis, axis[::-1])  # the first row is the top
    latents = np.stack([right, up], axis=-1).reshape(-1, 2).astype("float32")
    images = decoder.predict(latents, batch_size=1024, verbose=0)
    height, width, channels = images.shape[1:]
    grid = images.reshape(n, n, height, width, channels).transpose(0, 2, 1, 3, 4)
    return grid.reshape(n * height, n * width, channels)
