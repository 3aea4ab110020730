"""The autoencoder: squeeze a picture through a small code, and unfold it again.

Plain, denoising (it must undo noise put on its input) or sparse (it must leave most
of the code at zero), and what the two additions are for: without them a large code
is a copy, and nothing is learned.

Synopsis:

>>> import numpy as np
>>> from keras_gen.autoencoders import Autoencoder, build_code_encoder, build_decoder
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype="uint8")
>>> model = Autoencoder(build_code_encoder((8, 8, 1), 4), build_decoder((8, 8, 1), 4))
>>> model.compile("adam")
>>> history = model.fit(images, epochs=1, verbose=0)
>>> model.reconstruct(images).shape
(8, 8, 8, 1)
"""

import keras
import numpy as np
from keras import layers, ops

from keras_gen import backend
from keras_gen.autoencoders.losses import reconstruction_loss, to_unit_range
from keras_gen.autoencoders.networks import check_halves
from keras_gen.checks import check_images, check_not_negative, check_unit_range
from keras_gen.feeding import checked, pictures_of, refuse_loss, targets
from keras_gen.optimizers import build_optimizer
from keras_gen.shelf import FromPreset


@keras.saving.register_keras_serializable(package="keras_gen")
class Autoencoder(FromPreset, keras.Model):
    """Trains an encoder and a decoder to reproduce pictures.

    Args:
        encoder: model, pictures in [0, 1] -> codes, as `build_code_encoder` makes.
        decoder: model, codes -> pictures in [0, 1], as `build_decoder` makes.
        noise: standard deviation of the Gaussian noise put on the input in training,
            in units of the range [0, 1]; 0 for none.
        sparsity: weight of the code's L1 norm in the loss, in nats a unit; 0 for none.
            The encoder should then be built with `activation="relu"`.
        seed: of the noise.

    Call arguments:
        inputs: pictures `(batch, height, width, channels)`, uint8, or floats in
            [0, 1].
        training: whether to put the noise on.

    Returns:
        `(reconstructions, codes)`; reconstructions in [0, 1].

    Reference:
        Hinton & Salakhutdinov 2006, https://doi.org/10.1126/science.1127647;
        Vincent et al. 2008, https://doi.org/10.1145/1390156.1390294 (denoising);
        Ng 2011, CS294A lecture notes, section 3 (sparse).
    """

    def __init__(self, encoder, decoder, noise=0.0, sparsity=0.0, seed=None, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        check_not_negative(noise=noise, sparsity=sparsity)
        check_halves(encoder, decoder, ["one code"])
        self.encoder = encoder
        self.decoder = decoder
        self.noise = noise
        self.sparsity = sparsity
        self.seed = seed
        self.image_shape = tuple(encoder.input_shape[1:])
        self.add_noise = layers.GaussianNoise(noise, seed=seed, dtype="float32")
        self.add_noise.built = True
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.sparsity_tracker = keras.metrics.Mean(name="sparsity_loss")
        self.built = True  # as its parts are

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
        """Encodes and decodes."""
        check_images(inputs, self.image_shape)
        images = self.add_noise(to_unit_range(inputs), training=training)
        codes = self.encoder(images, training=training)
        return self.decoder(codes, training=training), codes

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Mean over the batch of reconstruction loss and the code's L1 norm."""
        reconstructions, codes = y_pred
        losses = reconstruction_loss(to_unit_range(x), reconstructions)
        penalties = self.sparsity * ops.sum(ops.abs(codes), axis=-1)
        self.reconstruction_tracker.update_state(losses)
        self.sparsity_tracker.update_state(penalties)
        total = losses + penalties
        if sample_weight is not None:
            total = total * ops.cast(ops.reshape(sample_weight, (-1,)), total.dtype)
        return backend.batch_mean(total)

    def encode(self, images, batch_size=256):
        """Gives the code of each picture, float32 `(batch, latent_dim)`."""
        check_images(images, self.image_shape)
        check_unit_range(images)
        images = ops.convert_to_numpy(to_unit_range(images))
        return self.encoder.predict(images, batch_size=batch_size, verbose=0)

    def decode(self, codes, batch_size=256):
        """Draws the picture of each code, uint8."""
        codes = np.asarray(codes, dtype="float32")
        if codes.ndim != 2 or codes.shape[1] != self.decoder.input_shape[-1]:
            raise ValueError(
                f"codes must have the shape (batch, {self.decoder.input_shape[-1]}); "
                f"got {codes.shape}."
            )
        images = self.decoder.predict(codes, batch_size=batch_size, verbose=0)
        return np.rint(255.0 * images).astype("uint8")

    def reconstruct(self, images):
        """Encodes and decodes; uint8, shaped as `images`."""
        return self.decode(self.encode(images))

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "encoder": serialize(self.encoder),
            "decoder": serialize(self.decoder),
            "noise": self.noise,
            "sparsity": self.sparsity,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for part in ("encoder", "decoder"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)
