"""Text to image: a text encoder in front of a diffusion model.

Synopsis, with the models that come with the project:

>>> model = TextToImage.from_preset("text_to_image_flowers_32")
>>> pictures = model.generate("six white petals on a green background", num_steps=2)
>>> pictures.shape
(1, 32, 32, 3)
"""

import tempfile

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_images, check_positive_integers
from keras_gen.data import Pictures
from keras_gen.diffusion.text_conditioned import TextConditionedDiffusionModel
from keras_gen.feeding import (
    check_byte_range,
    checked,
    refuse_lists_and_folders,
    targets,
)
from keras_gen.optimizers import build_optimizer
from keras_gen.shelf import FromPreset
from keras_gen.text.embeddings import interpolate_prompts


@keras.saving.register_keras_serializable(package="keras_gen")
class TextToImage(FromPreset, keras.Model):
    """Draws pictures for prompts; answers as `keras_hub.models.TextToImage` does.

    Trains on `{"images", "captions"}`, and `"negative_captions"` if the diffusion
    model's U-Net takes negative embeddings.  As long as the encoder is frozen, each
    distinct caption is embedded once, before the first step.

    Args:
        encoder: a `keras_gen.text.TextEncoder`.
        diffusion: a `TextConditionedDiffusionModel`.  If its U-Net takes one vector a
            prompt, the tokens are averaged.
        train_encoder: whether the encoder is trained too; `model.encoder.trainable`
            may be set later, before `compile`.

    Raises:
        ValueError: if `diffusion` takes no texts, or others than the encoder makes.
    """

    def __init__(self, encoder, diffusion, train_encoder=False, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        _check_fits(encoder, diffusion)
        self.encoder = encoder
        self.encoder.trainable = train_encoder
        self.diffusion = diffusion
        self.pooled = len(diffusion.text_shape) == 1
        self.built = True  # as its parts are

    # ------------------------------------------------------------------ training

    def prepare(self, inputs):
        """Replaces the captions of a training set by what the step needs.

        Args:
            inputs: `{"images", "captions"}` and perhaps `"negative_captions"`.

        Returns:
            `{"images", "text_embeddings"}` and perhaps `"negative_embeddings"`, or
            token numbers instead of embeddings where the encoder is trained too.
        """
        names = {"captions": "text"}
        if self.diffusion.takes_negative:
            names["negative_captions"] = "negative"
        check_images(inputs.get("images"), self.diffusion.image_shape)
        check_byte_range(inputs["images"])
        prepared = {"images": inputs["images"]}
        for name, prefix in names.items():
            texts = inputs.get(name)
            if texts is None or len(texts) != len(inputs["images"]):
                came = "none" if texts is None else len(texts)
                raise ValueError(
                    f"{name} must hold one text for each of the "
                    f"{len(inputs['images'])} images; got {came}."
                )
            if self.encoder.trainable:
                for part, values in self.encoder.tokenize(texts).items():
                    prepared[f"{prefix}_{part}"] = values
            else:
                prepared[f"{prefix}_embeddings"] = self.embed(texts)
        return prepared

    def fit(self, x=None, y=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does; captions are embedded before."""
        self.diffusion._check_adapted()
        x = checked(self._prepared, x, kwargs)
        build_optimizer(self)
        return super().fit(x, targets(x, y, kwargs), *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does; captions are embedded before."""
        x = checked(self._prepared, x, kwargs)
        return super().evaluate(x, targets(x, y, kwargs), *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        """Predicts as `keras.Model.predict` does; captions are embedded before."""
        return super().predict(self._prepared(x), *args, **kwargs)

    def _prepared(self, x):
        if isinstance(x, Pictures):
            x = {
                "images": x.images,
                "captions": x.captions,
                "negative_captions": x.negative_captions,
            }
        if hasattr(x, "shape"):
            raise ValueError(
                "x must be Pictures, or a dict with the entries images and captions; "
                f"got {type(x).__name__}."
            )
        refuse_lists_and_folders(x)
        if not isinstance(x, dict) or any(name.startswith("text_") for name in x):
            return x
        return self.prepare(x)

    def call(self, inputs, training=False):
        """Embeds what is not embedded yet, then noises and denoises."""
        inputs = dict(inputs)
        for prefix in ("text", "negative"):
            if f"{prefix}_token_ids" in inputs:
                tokens = {
                    part: inputs.pop(f"{prefix}_{part}")
                    for part in ("token_ids", "padding_mask")
                }
                inputs[f"{prefix}_embeddings"] = self.encoder.embed_tokens(
                    tokens, self.pooled, training=training
                )
        return self.diffusion(inputs, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Compares the predicted noise with the noise, as the diffusion model does."""
        self.diffusion.loss = getattr(self, "loss", None)
        return self.diffusion.compute_loss(x, y, y_pred, sample_weight, training)

    # ---------------------------------------------------------------- generation

    def embed(self, prompts):
        """Embeds prompts as the U-Net takes them; see `TextEncoder.embed`."""
        return self.encoder.embed(prompts, pooled=self.pooled)

    def embedder(self, captions):
        """Embeds captions for a training; each distinct one is embedded once.

        They lie in a temporary file, in half precision: the tokens of a caption take
        as much room as a picture, and there may be more of them than memory.

        Args:
            captions: list of strings.

        Returns:
            A function from indices of captions to their embeddings.
        """
        distinct = sorted(set(captions))
        shape = (len(distinct), *self.diffusion.text_shape)
        with tempfile.TemporaryFile() as file:  # the table outlives its name
            table = np.memmap(file, "float16", "w+", shape=shape)
        for start in range(0, len(distinct), 1024):
            some = slice(start, start + 1024)
            table[some] = self.embed(distinct[some])
        row_of = {caption: row for row, caption in enumerate(distinct)}
        rows = np.array([row_of[caption] for caption in captions])
        return lambda indices: table[rows[indices]].astype("float32")

    def generate(self, inputs, num_steps=20, guidance_scale=3.0, seed=None, **how):
        """Draws one picture for each prompt.

        Args:
            inputs: a prompt, a list of prompts, or a dict with `"prompts"` and
                `"negative_prompts"`, each a string or a list.
            num_steps: steps of the reverse process.
            guidance_scale: 0 ignores the prompt, 1 follows it, more exaggerates it.
            seed: integer; the same seed gives the same pictures.
            **how: `batch_size`, `clip`, `sampler`, `spacing` and `verbose`, as for
                `DiffusionModel.generate`.

        Returns:
            uint8 array `(batch, height, width, channels)` in [0, 255].

        Raises:
            ValueError: for an empty prompt, one that is too long, or lists of
                different lengths.
        """
        prompts, negative_prompts = _prompts_of(inputs)
        negative = None if negative_prompts is None else self.embed(negative_prompts)
        return self.generate_from_embeddings(
            self.embed(prompts), negative, num_steps, guidance_scale, seed, **how
        )

    def generate_from_embeddings(
        self,
        text_embeddings,
        negative_embeddings=None,
        num_steps=20,
        guidance_scale=3.0,
        seed=None,
        noise=None,
        **how,
    ):
        """Draws one picture for each embedding, as `generate` does for prompts.

        Args:
            text_embeddings: as `embed` returns them.
            negative_embeddings: likewise, or None.
            num_steps: steps of the reverse process.
            guidance_scale: as for `generate`.
            seed: integer.
            noise: the noise to start from, instead of a seed.
            **how: as for `generate`.

        Returns:
            uint8 array `(batch, height, width, channels)`.
        """
        return self.diffusion.generate(
            text_embeddings,
            diffusion_steps=num_steps,
            guidance_scale=guidance_scale,
            negative_embeddings=negative_embeddings,
            seed=seed,
            noise=noise,
            **how,
        )

    def morph(
        self,
        prompt_a,
        prompt_b,
        num=16,
        num_steps=20,
        guidance_scale=3.0,
        seed=None,
        **how,
    ):
        """Draws the way from one prompt to another, all from the same noise.

        Args:
            prompt_a: the prompt of the first picture.
            prompt_b: the prompt of the last picture.
            num: how many pictures.
            num_steps: steps of the reverse process.
            guidance_scale: as for `generate`.
            seed: of the one noise.
            **how: as for `generate`.

        Returns:
            uint8 array `(num, height, width, channels)`.
        """
        check_positive_integers(num=num)
        (prompt_a, prompt_b), _ = _prompts_of([prompt_a, prompt_b])
        start, end = self.embed([prompt_a, prompt_b])
        embeddings = ops.convert_to_numpy(interpolate_prompts(start, end, num))
        noise = self.diffusion.noise(1, seed)
        return self.generate_from_embeddings(
            embeddings, None, num_steps, guidance_scale, seed, noise, **how
        )

    # -------------------------------------------------------------------- saving

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "encoder": serialize(self.encoder),
            "diffusion": serialize(self.diffusion),
            "train_encoder": self.encoder.trainable,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        config = dict(config)
        for part in ("encoder", "diffusion"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)


def _check_fits(encoder, diffusion):
    if not isinstance(diffusion, TextConditionedDiffusionModel):
        raise ValueError(
            "diffusion must be a TextConditionedDiffusionModel; got a "
            f"{type(diffusion).__name__}."
        )
    *length, dim = diffusion.text_shape
    if dim != encoder.dim:
        raise ValueError(
            f"The encoder's embeddings have {encoder.dim} dimensions, but the "
            f"U-Net takes {dim}."
        )
    if length not in ([], [None], [encoder.sequence_length]):
        raise ValueError(
            f"The encoder gives {encoder.sequence_length} tokens a text, but the "
            f"U-Net takes {length[0]}."
        )


def _prompts_of(inputs):
    """The prompts and, if there are any, as many negative prompts."""
    negative = None
    if isinstance(inputs, dict):
        unknown = set(inputs) - {"prompts", "negative_prompts"}
        if unknown or "prompts" not in inputs:
            raise ValueError(
                "inputs must have the entry prompts and may have negative_prompts; "
                f"got {', '.join(sorted(inputs)) or 'none'}."
            )
        inputs, negative = inputs["prompts"], inputs.get("negative_prompts")
    prompts = _list_of(inputs)
    bad = [p for p in prompts if not isinstance(p, str) or not p.strip()]
    if bad or not prompts:
        raise ValueError(
            "A prompt must be a text that is not empty; to draw without a prompt, "
            f"use guidance_scale=0. Got {bad[0] if bad else prompts!r}."
        )
    if negative is not None:
        negative = _list_of(negative)
        negative = negative * len(prompts) if len(negative) == 1 else negative
        texts = all(isinstance(p, str) for p in negative)
        if not texts or len(negative) != len(prompts):
            raise ValueError(
                f"negative_prompts must be one text or as many as there are prompts "
                f"({len(prompts)}); got {len(negative)}: {negative!r}."
            )
    return prompts, negative


def _list_of(texts):
    several = hasattr(texts, "__iter__") and not isinstance(texts, str)
    return list(texts) if several else [texts]
