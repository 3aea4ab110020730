"""Autoguidance: away from what a worse version of the model would draw.

A model that was trained for a short while makes the mistakes of one that was trained
long, and makes them more strongly.  So the difference of their predictions says where a
mistake lies, and a larger step along it avoids it.  Classifier-free guidance does the
same with "no text" as the worse version; this needs no text.
"""

from pathlib import Path

import keras
from keras import ops

from keras_gen.checks import check_not_negative
from keras_gen.diffusion.guidance import guided_noise
from keras_gen.diffusion.model import DiffusionModel

register = keras.saving.register_keras_serializable(package="keras_gen")


@register
class Guidance(keras.layers.Layer):
    """Adds to a prediction what it has over a worse one, `guidance_scale - 1` times.

    Args:
        guidance_scale: 1 is the prediction itself, more exaggerates the difference.

    Call arguments:
        predictions: `[worse, better]`, tensors of one shape.

    Returns:
        A float32 tensor of that shape.
    """

    def __init__(self, guidance_scale=2.0, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        check_not_negative(guidance_scale=guidance_scale)
        self.guidance_scale = guidance_scale

    def call(self, predictions):
        worse, better = predictions
        return guided_noise(worse, better, self.guidance_scale)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "guidance_scale": self.guidance_scale}


def autoguided(model, guide, guidance_scale=2.0):
    """Makes a model that draws as `model` does, away from what `guide` would draw.

    Its network is both networks and `Guidance`; otherwise it is any `DiffusionModel`:
    all samplers, one `.keras` file, every backend.  A step costs one of each.

    Args:
        model: a trained `DiffusionModel`.
        guide: a worse one of the same pictures, schedule and target: smaller, or
            trained for a sixteenth of the time; itself, or what `from_preset` takes.
        guidance_scale: 1 is `model` alone; 1.5 to 3 draw fewer impossible pictures, and
            much more draws the same few.

    Returns:
        A `DiffusionModel` to draw with. It is not meant to be trained.

    Raises:
        ValueError: if the two do not fit together, or the scale is no number.
        FileNotFoundError: if there is no guide of that name.

    Example:

    >>> from keras_gen.diffusion import DiffusionModel, autoguided, build_unet
    >>> pictures = keras.ops.zeros((2, 8, 8, 1))
    >>> models = [DiffusionModel(build_unet((8, 8, 1), (4, 8), 1)) for _ in range(2)]
    >>> for each in models:
    ...     each.normalizer.adapt(pictures)
    >>> autoguided(*models, guidance_scale=1.5).generate(2, 3, seed=0).shape
    (2, 8, 8, 1)

    Reference:
        Karras et al. 2024, https://arxiv.org/abs/2406.02507, eq. 4.
    """
    if isinstance(guide, str | Path):
        guide = DiffusionModel.from_preset(guide)
    for what in ("image_shape", "target"):
        ours, theirs = (getattr(each, what, None) for each in (model, guide))
        if ours != theirs or ours is None:
            raise ValueError(
                "model and guide must be diffusion models of the same "
                f"{what}; got {ours} and {theirs}."
            )
    for name, each in (("model", model), ("guide", guide)):
        if len(each.unet.inputs) != 2:
            raise ValueError(
                f"{name} must draw without a text or labels: what is told something "
                "has guidance of its own."
            )
    inputs = [keras.Input(x.shape[1:], dtype="float32") for x in model.unet.inputs]
    parts = [
        _renamed(each.ema_unet, name)
        for each, name in ((guide, "worse"), (model, "better"))
    ]
    predictions = [ops.cast(part(inputs), "float32") for part in parts]
    network = keras.Model(inputs, Guidance(guidance_scale)(predictions))
    return DiffusionModel(
        network,
        schedule=model.schedule,
        normalizer=model.normalizer,
        target=model.target,
        ema=0,
    )


def _renamed(network, name):
    """A copy, since a model's name is for good and two parts of one must differ."""
    config = {**network.get_config(), "name": name}
    copy = type(network).from_config(config)
    copy.set_weights(network.get_weights())
    return copy
