"""A diffusion model whose U-Net also sees a text, as one or more vectors.

Where the vectors come from is not its concern: see `text_to_image.py`.
"""

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_fraction, check_images
from keras_gen.data import Pictures
from keras_gen.diffusion.generation import Walk
from keras_gen.diffusion.guidance import drop_text
from keras_gen.diffusion.model import DiffusionModel
from keras_gen.diffusion.unet import what_it_is
from keras_gen.feeding import check_byte_range, entries, refuse_lists_and_folders

CONTEXT = ("text_embeddings", "negative_embeddings")


@keras.saving.register_keras_serializable(package="keras_gen")
class TextConditionedDiffusionModel(DiffusionModel):
    """Trains a U-Net to predict the noise, given the text that goes with the picture.

    Args:
        unet: model `[noisy_images, noise_rates, text_embeddings]` -> noise masks; if
            it has a fourth input, the embeddings of negative prompts, the model is
            trained on triples (picture, prompt, negative prompt).
        image_shape: `(height, width, channels)`; by default that of `unet`.
        drop_rate: probability that an example's text (and negative text) is replaced
            by the null text (zeros) in training, which makes guidance possible; as
            often the negative text alone is.
        **kwargs: as for `DiffusionModel`.

    Call arguments:
        inputs: `{"images", "text_embeddings"}`, and `"negative_embeddings"` if the
            U-Net takes them.  Embeddings are `(batch, dim)` or `(batch, length, dim)`.
        training: whether to drop texts and use the weights in training.

    Returns:
        `(pred_images, pred_noise_masks, noise_masks)`, normalised.

    Reference:
        Ho & Salimans 2022, https://arxiv.org/abs/2207.12598, algorithm 1.
    """

    def __init__(self, unet, image_shape=None, drop_rate=0.1, **kwargs):
        super().__init__(unet, image_shape, **kwargs)
        check_fraction(drop_rate=drop_rate)
        self.drop_rate = drop_rate
        self.text_shape = tuple(unet.inputs[2].shape[1:])
        self.takes_negative = len(unet.inputs) == 4

    @staticmethod
    def _check_inputs(unet):
        if len(getattr(unet, "inputs", ())) not in (3, 4):
            raise ValueError(
                "unet must take noisy images, noise rates and text embeddings (and "
                f"may take negative embeddings); got {what_it_is(unet)}. "
                "Give build_unet a text_shape."
            )

    def _checked_data(self, x):
        self._check_adapted()
        if hasattr(x, "shape") or isinstance(x, Pictures):
            raise ValueError(
                "x must be a dict with the entries images and text_embeddings; "
                f"got {type(x).__name__}."
            )
        refuse_lists_and_folders(x)
        if isinstance(x, dict):
            for name, texts in zip(CONTEXT, self._context_of(x), strict=False):
                self._check(name, texts)
            check_images(x["images"], self.image_shape)
            check_byte_range(x["images"])
        return x

    def call(self, inputs, training=False):
        """Drops some texts, then denoises as `DiffusionModel` does."""
        context = self._context_of(inputs)
        if training:
            # A negative text may be missing alone, as where nobody gives one, ...
            context[1:] = [
                drop_text(t, self.drop_rate, self.seed_generator) for t in context[1:]
            ]
            # ... or with the text: guidance compares "both texts" with "neither".
            texts = ops.stack(context, axis=1)
            texts = drop_text(texts, self.drop_rate, self.seed_generator)
            context = ops.unstack(texts, axis=1)
        return self._noise_and_denoise(inputs["images"], context, training)

    def _context_of(self, inputs):
        names = CONTEXT[: 1 + self.takes_negative]
        return entries(inputs, "images", *names)[1:]

    def generate(
        self,
        text_embeddings,
        diffusion_steps=20,
        guidance_scale=3.0,
        negative_embeddings=None,
        seed=None,
        noise=None,
        batch_size=64,
        clip=True,
        sampler="ddim",
        spacing="lecture",
        verbose=0,
    ):
        """Draws one picture for each text.

        Args:
            text_embeddings: `(batch, dim)` or `(batch, length, dim)`, as the U-Net
                takes them; zeros are the null text.
            diffusion_steps: steps of the reverse process.
            guidance_scale: 0 ignores the text, 1 follows it, more exaggerates it.
            negative_embeddings: what not to draw, shaped as the texts; by default
                the null text.  A U-Net trained on triples sees them as an input;
                another is guided away from them.
            seed: integer; the same seed gives the same noise.
            noise: the noise to start from, instead of a seed: `(batch, h, w, c)`, or
                `(h, w, c)` for the same noise in every picture.
            batch_size: how many are drawn at once; bounds the memory.
            clip: as for `DiffusionModel.generate`.
            sampler: likewise.
            spacing: likewise.
            verbose: likewise.

        Returns:
            uint8 array `(batch, height, width, channels)`.
        """
        context = self._branches(text_embeddings, negative_embeddings)
        walk = Walk(diffusion_steps, sampler, spacing, clip, seed)
        noise = self._start(len(context[0][0]), seed, noise)
        return self._draw(noise, walk, batch_size, context, guidance_scale, verbose)

    def trajectory(
        self,
        text_embeddings,
        diffusion_steps=20,
        guidance_scale=3.0,
        negative_embeddings=None,
        seed=None,
        noise=None,
        clip=True,
        sampler="ddim",
        spacing="lecture",
    ):
        """Draws as `generate` does, and keeps what lies on the way.

        Returns:
            uint8 array `(diffusion_steps + 1, batch, height, width, channels)`.
        """
        context = self._branches(text_embeddings, negative_embeddings)
        walk = Walk(diffusion_steps, sampler, spacing, clip, seed)
        noise = self._start(len(context[0][0]), seed, noise)
        return self._trajectory(noise, walk, context, guidance_scale)

    def _branches(self, text_embeddings, negative_embeddings):
        """The texts of the branch to follow and of the branch to move away from."""
        texts = self._checked("text_embeddings", text_embeddings)
        null = np.zeros_like(texts)
        negative = null
        if negative_embeddings is not None:
            negative = self._checked("negative_embeddings", negative_embeddings)
            if len(negative) not in (1, len(texts)):
                raise ValueError(
                    "negative_embeddings must be one or as many as there are "
                    f"text_embeddings ({len(texts)}); got {len(negative)}."
                )
            negative = np.broadcast_to(negative, texts.shape)
        if self.takes_negative:
            return [[texts, negative], [null, null]]
        return [[texts], [negative]]

    def _checked(self, name, embeddings):
        embeddings = np.asarray(embeddings, dtype="float32")
        self._check(name, embeddings)
        return embeddings

    def _check(self, name, embeddings):
        shape = tuple(getattr(embeddings, "shape", ()))
        if shape[1:] != self.text_shape or not shape[0]:
            expected = "(batch, " + ", ".join(map(str, self.text_shape)) + ")"
            raise ValueError(f"{name} must have the shape {expected}; got {shape}.")

    def _start(self, num_images, seed, noise):
        if noise is None:
            return self.noise(num_images, seed)
        noise, shape = np.asarray(noise), (num_images, *self.image_shape)
        if noise.shape not in (shape, (1, *self.image_shape), self.image_shape):
            raise ValueError(
                f"noise must have the shape {shape}, or {self.image_shape} for the "
                f"same noise in every picture; got {noise.shape}."
            )
        return np.broadcast_to(noise, shape)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "drop_rate": self.drop_rate}
