"""Diffusion: learn to remove noise, then turn noise into pictures.

Synopsis:

>>> import numpy as np
>>> from keras_gen.diffusion import DiffusionModel, build_unet
>>> images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype="uint8")
>>> model = DiffusionModel(build_unet((8, 8, 3), widths=(8, 16), block_depth=1))
>>> model.normalizer.adapt(images)
>>> model.compile("adamw")
>>> history = model.fit(images, epochs=1, verbose=0)
>>> model.generate(2, diffusion_steps=3, seed=0).shape
(2, 8, 8, 3)
"""

import keras
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_fraction, check_images, check_positive
from keras_gen.diffusion.generation import picture_and_noise
from keras_gen.diffusion.sampling import Sampling
from keras_gen.diffusion.schedules import CosineSchedule, add_noise, shift_times
from keras_gen.diffusion.unet import check_parts, what_it_is
from keras_gen.feeding import check_byte_range, checked, pictures_of, targets
from keras_gen.optimizers import build_optimizer
from keras_gen.shelf import FromPreset

register = keras.saving.register_keras_serializable(package="keras_gen")


@register
class DiffusionModel(FromPreset, Sampling, keras.Model):
    """Trains a U-Net to predict the noise in a noisy picture.

    Pictures go in as uint8 or floats in [0, 255], and come out of `generate` as uint8.
    Everything in between is normalised to mean 0 and variance 1.

    Args:
        unet: model `[noisy_images, noise_rates]` -> noise masks, as `build_unet`
            makes it.
        image_shape: `(height, width, channels)`; by default that of `unet`.
        schedule: diffusion times -> `(noise_rates, signal_rates)`; by default
            `CosineSchedule()`.
        normalizer: a `keras.layers.Normalization`; by default a new one, to which
            you call `model.normalizer.adapt(images)` before training.
        target: what the U-Net predicts, `"noise"`, as in the lecture, or `"velocity"`,
            `signal_rates * noise - noise_rates * picture`.  Near time 1 a noisy picture
            is nearly all noise, so predicting noise says little about the picture,
            while the velocity is then the picture itself: the same training draws
            better ones.
        ema: decay of the moving average of the weights, in [0, 1).  Generation and
            evaluation use the average; 0 turns it off.  The first steps average over
            fewer weights: step n uses `min(ema, n / (n + 9))`.
        seed: seed of the training's diffusion times and noise.
        time_shift: above 0; with more than 1, more of the training's diffusion times
            have much noise, where the whole of a picture is settled (`shift_times`).
            Evaluation draws them uniformly, whatever it is.

    Call arguments:
        inputs: pictures `(batch, height, width, channels)`, any batch size.
        training: whether the weights in training are used rather than their average.

    Returns:
        `(pred_images, pred_noise_masks, noise_masks)`, normalised, each shaped as the
        pictures.

    Reference:
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, eq. 14 (the loss);
        Song et al. 2021, https://arxiv.org/abs/2010.02502, eq. 12 (`generate`);
        Salimans & Ho 2022, https://arxiv.org/abs/2202.00512, app. D (velocity);
        Chollet, Deep Learning with Python, 3rd edition, ch. 17 (the names).
    """

    # Keras's `use_ema=True` is not used: on JAX the next `fit` breaks (Keras 3.15).
    def __init__(
        self,
        unet,
        image_shape=None,
        schedule=None,
        normalizer=None,
        target="noise",
        ema=0.999,
        seed=None,
        time_shift=1.0,
        **kwargs,
    ):
        # Half precision begins in the U-Net: the sums of the moving average need all
        # their digits.  (Keras heeds `autocast=False` only in nested layers.)
        super().__init__(dtype="float32", **kwargs)
        check_fraction(ema=ema)
        if ema == 1:
            raise ValueError("ema must be below 1, or the average never moves; got 1.")
        if target not in ("noise", "velocity"):
            raise ValueError(f"target must be noise or velocity; got {target!r}.")
        check_positive(time_shift=time_shift)
        self._check_inputs(unet)
        check_parts(unet, image_shape, schedule)
        self.unet = unet
        self.image_shape = tuple(unet.inputs[0].shape[1:])
        self.schedule = schedule or CosineSchedule()
        self.normalizer = normalizer or keras.layers.Normalization(dtype="float32")
        self.target = target
        self.ema = ema
        self.seed = seed
        self.time_shift = time_shift
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.ema_unet = self._frozen_copy(unet) if ema else unet
        self.ema_steps = self.add_weight(
            initializer="zeros", trainable=False, name="ema_steps"
        )
        if not self.normalizer.built:
            self.normalizer.build((None, *self.image_shape))
        self.built = True  # as all its parts are

    @staticmethod
    def _check_inputs(unet):
        if len(getattr(unet, "inputs", ())) != 2:
            raise ValueError(
                "unet must be a model of two inputs, noisy images and noise rates, as "
                "build_unet makes without a text_shape and without num_classes; got "
                f"{what_it_is(unet)}."
            )

    @staticmethod
    def _frozen_copy(network):
        copy = keras.models.clone_model(network)
        copy.set_weights(network.get_weights())
        copy.trainable = False
        return copy

    # ------------------------------------------------------------------ training

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does, and checks the input first.

        Of a feed it checks the first batch.
        """
        x = checked(self._checked_data, x, kwargs)
        build_optimizer(self)
        return super().fit(x, targets(x, y, kwargs), *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does, and checks the input first."""
        x = checked(self._checked_data, x, kwargs)
        return super().evaluate(x, targets(x, y, kwargs), *args, **kwargs)

    def _checked_data(self, x):
        self._check_adapted()
        x = pictures_of(x)
        if hasattr(x, "shape"):
            check_images(x, self.image_shape, name="x")
            check_byte_range(x, name="x")
        elif isinstance(x, dict):
            raise ValueError(
                f"x must be pictures alone; got a dict of {' and '.join(x)}."
            )
        return x

    def call(self, inputs, training=False):
        """Normalises, draws times and noise, makes noisy pictures, denoises them."""
        return self._noise_and_denoise(inputs, context=(), training=training)

    def _noise_and_denoise(self, images, context, training):
        check_images(images, self.image_shape)
        images = self.normalizer(images)
        batch_size = ops.shape(images)[0]
        diffusion_times = keras.random.uniform(
            (batch_size, 1, 1, 1), seed=self.seed_generator
        )
        if training:
            diffusion_times = shift_times(diffusion_times, self.time_shift)
        noise_masks = keras.random.normal(
            (batch_size, *self.image_shape), seed=self.seed_generator
        )
        noise_rates, signal_rates = self.schedule(diffusion_times)
        noisy_images = add_noise(images, noise_masks, noise_rates, signal_rates)
        if training:
            self._update_average()
        pred_images, pred_noise_masks = self.denoise(
            noisy_images, noise_rates, signal_rates, *context, training=training
        )
        return pred_images, pred_noise_masks, noise_masks

    def denoise(
        self, noisy_images, noise_rates, signal_rates, *context, training=False
    ):
        """Splits noisy pictures into picture and noise, as the U-Net sees them.

        `pred_images = (noisy_images - noise_rates * pred_noise_masks) / signal_rates`,
        which is `add_noise` solved for the pictures.

        Args:
            noisy_images: normalised, `(batch, height, width, channels)`.
            noise_rates: `(batch, 1, 1, 1)`.
            signal_rates: `(batch, 1, 1, 1)`.
            *context: what else the U-Net takes, such as text embeddings.
            training: whether to use the weights in training or their average.

        Returns:
            `(pred_images, pred_noise_masks)`, shaped as `noisy_images`.
        """
        network = self.unet if training else self.ema_unet
        prediction = network([noisy_images, noise_rates, *context], training=training)
        return picture_and_noise(
            self.target, noisy_images, noise_rates, signal_rates, prediction
        )

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Compares the predicted noise (or velocity) with the true one.

        The mean squared error, or the `loss` given to `compile`: the book's mean
        absolute error is `compile(..., loss="mean_absolute_error")`.  With
        `target="velocity"` it is the loss of the noise plus that of the picture, which
        for squares is that of the velocity.
        """
        pred_images, pred_noise_masks, noise_masks = y_pred
        loss = self._loss(noise_masks, pred_noise_masks, sample_weight)
        if self.target == "velocity":
            # The squared error of the velocity is that of the noise and of the picture
            # together: the two are its parts along two directions at right angles.
            images = self.normalizer(x["images"] if isinstance(x, dict) else x)
            loss = loss + self._loss(images, pred_images, sample_weight)
        return loss

    def _loss(self, truth, prediction, sample_weight):
        loss = keras.losses.get(getattr(self, "loss", None) or "mean_squared_error")
        weights = None
        if sample_weight is not None:
            weights = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1, 1))
        if isinstance(loss, keras.losses.Loss):
            return loss(truth, prediction, sample_weight=weights)
        losses = loss(truth, prediction)
        return backend.batch_mean(losses if weights is None else losses * weights)

    def _update_average(self):
        if not self.ema:
            return
        self.ema_steps.assign_add(1.0)
        decay = ops.minimum(self.ema, self.ema_steps / (self.ema_steps + 9.0))
        pairs = zip(self.ema_unet.weights, self.unet.weights, strict=True)
        for average, weight in pairs:
            average.assign(decay * average + (1.0 - decay) * weight)

    # -------------------------------------------------------------------- saving

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "unet": serialize(self.unet),
            "image_shape": self.image_shape,
            "schedule": serialize(self.schedule),
            "normalizer": serialize(self.normalizer),
            "target": self.target,
            "ema": self.ema,
            "seed": self.seed,
            "time_shift": self.time_shift,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for part in ("unet", "schedule", "normalizer"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)
