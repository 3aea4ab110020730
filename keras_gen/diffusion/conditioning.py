"""How the noise level and the text, or the labels, reach the feature maps of a U-Net.

Three ways, which the network may combine:

- *maps*: the text's vector, repeated over height and width, as more channels;
- *cross-attention*: each place of a map looks at the prompt's tokens;
- *modulation*: one code of noise level and text scales and shifts each channel.
"""

import keras
import numpy as np
from keras import layers, ops

from keras_gen.checks import check_positive_integers
from keras_gen.diffusion.attention import TextAttention

TEXT_CHANNELS = 16
NOISE_DIM, CODE_DIM = 64, 128

register = keras.saving.register_keras_serializable(package="keras_gen")


def as_map(vectors, size):
    """Repeats `(batch, 1, 1, channels)` over a height and a width."""
    return layers.UpSampling2D(size, interpolation="nearest")(vectors)


def text_inputs(text_shape, negative):
    """Makes the inputs for a text, and for a negative one; checks the shape."""
    if text_shape is None:
        if negative:
            raise ValueError(
                "negative=True needs a text_shape, the shape of one text embedding: "
                "(dim,) or (length, dim); got text_shape=None."
            )
        return []
    if not isinstance(text_shape, list | tuple) or len(text_shape) not in (1, 2):
        raise ValueError(
            "text_shape must be (dim,) for one vector a prompt or (length, dim) for "
            f"one vector a token; got {text_shape!r}."
        )
    names = ["text_embeddings", "negative_embeddings"][: 1 + negative]
    return [keras.Input(text_shape, name=name) for name in names]


def label_inputs(num_classes):
    """Makes the input for labels, which are 1 at the class and 0 elsewhere."""
    check_positive_integers(num_classes=num_classes)
    return [keras.Input((int(np.sum(num_classes)),), name="label_vectors")]


def standardized(vector):
    """Makes the vectors of texts comparable.

    Those of two prompts differ little beside what all prompts have in common.  Labels
    have no need of it, and it would harm them: a batch has a rare class once or not at
    all, so what it has in training says nothing of what it has in use.
    """
    return layers.BatchNormalization()(vector)


def text_adder(texts, lowest, prepare):
    """Returns a function that lets a feature map see the texts.

    Args:
        texts: list of symbolic embeddings, `(batch, dim)`, or `(batch, length, dim)`.
        lowest: at how many of the lowest resolutions places attend to tokens.
        prepare: what happens to a vector first, such as `standardized`.
    """
    if not texts:
        return lambda x, levels_left: x

    if len(texts[0].shape) == 3:  # (batch, length, dim): one vector a token

        def attend(x, levels_left):
            if levels_left < lowest:
                for tokens in texts:
                    x = TextAttention()(x, tokens)
            return x

        return attend

    prepared = [prepare(text) for text in texts]
    codes = [layers.Dense(128, activation="swish")(text) for text in prepared]
    code = layers.Concatenate()(codes) if len(codes) > 1 else codes[0]

    def concatenate(x, levels_left):
        maps = layers.Dense(TEXT_CHANNELS)(code)
        maps = layers.Reshape((1, 1, TEXT_CHANNELS))(maps)
        return layers.Concatenate()([x, as_map(maps, x.shape[1:3])])

    return concatenate


def modulation_code(noise_rates, texts, prepare):
    """Makes the code that modulates the residual blocks.

    Args:
        noise_rates: symbolic `(batch, 1, 1, 1)`.
        texts: list of symbolic embeddings, `(batch, dim)`, or `(batch, length, dim)`,
            of which the mean is taken.
        prepare: what happens to a vector first, such as `standardized`.

    Returns:
        Symbolic `(batch, 1, 1, CODE_DIM)`.

    Reference:
        Nichol et al. 2022, https://arxiv.org/abs/2112.10741, section 2.3 (one vector
        of the text goes with the noise level, and blocks attend to the tokens too).
    """
    parts = [SinusoidalEmbedding(NOISE_DIM)(noise_rates)]
    for text in texts:
        vector = MeanToken()(text) if len(text.shape) == 3 else text
        vector = prepare(vector)
        parts.append(layers.Reshape((1, 1, vector.shape[-1]))(vector))
    code = layers.Concatenate()(parts) if texts else parts[0]
    code = layers.Dense(CODE_DIM, activation="swish")(code)
    return layers.Dense(CODE_DIM, activation="swish")(code)


def modulate(x, code):
    """Scales and shifts each channel of a feature map by what a code says.

    `(1 + scale) * x + shift`; both start at zero, so that at first nothing changes.

    Args:
        x: symbolic feature map `(batch, height, width, channels)`.
        code: symbolic `(batch, 1, 1, dim)`.

    Returns:
        A feature map of the same shape.

    Reference:
        Perez et al. 2018, https://arxiv.org/abs/1709.07871, eq. 2.
    """
    channels = x.shape[-1]
    scale = layers.Dense(channels, kernel_initializer="zeros")(code)
    shift = layers.Dense(channels, kernel_initializer="zeros")(code)
    return layers.Add()([x, layers.Multiply()([x, scale]), shift])


@register
class SinusoidalEmbedding(layers.Layer):
    """Writes a noise rate as sines and cosines of many frequencies.

    A network tells 0.97 from 0.98 more easily from these than from the number.

    Args:
        dim: how many, an even number of at least 4.
        max_frequency: of the fastest, in full turns over the range [0, 1].

    Call arguments:
        noise_rates: `(batch, 1, 1, 1)` in [0, 1].

    Returns:
        `(batch, 1, 1, dim)`.

    Raises:
        ValueError: if `dim` is no such number.

    Reference:
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.5; the range
        of frequencies is that of keras.io's "Denoising Diffusion Implicit Models".
    """

    def __init__(self, dim, max_frequency=100.0, **kwargs):
        # Half precision has too few digits for the fast ones.
        super().__init__(**{**kwargs, "dtype": "float32"})
        if not isinstance(dim, int) or dim < 4 or dim % 2:
            raise ValueError(f"dim must be an even integer from 4; got {dim!r}.")
        self.dim = dim
        self.max_frequency = max_frequency

    def call(self, noise_rates):
        """Computes sines, then cosines."""
        # Constants, made in double precision: powers differ between the backends.
        frequencies = np.geomspace(1.0, self.max_frequency, self.dim // 2)
        angles = noise_rates * (2 * np.pi * frequencies).astype("float32")
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

    def compute_output_shape(self, noise_rates_shape):
        """Shape: the last axis grows."""
        return (*noise_rates_shape[:-1], self.dim)

    def get_config(self):
        """Returns the constructor's arguments."""
        config = {"dim": self.dim, "max_frequency": self.max_frequency}
        return {**super().get_config(), **config}


@register
class MeanToken(layers.Layer):
    """Averages the tokens of each prompt; a token vector of zeros is padding.

    Call arguments:
        tokens: token vectors `(batch, length, dim)`.

    Returns:
        `(batch, dim)`; zeros for the null text.
    """

    def call(self, tokens):
        """Sums, and divides by the number of tokens."""
        is_token = ops.any(ops.not_equal(tokens, 0), axis=-1, keepdims=True)
        num = ops.sum(ops.cast(is_token, "float32"), axis=1)
        total = ops.sum(ops.cast(tokens, "float32"), axis=1)
        return ops.cast(total / ops.maximum(num, 1.0), self.compute_dtype)

    def compute_output_shape(self, tokens_shape):
        """Shape: the tokens' axis goes."""
        return (tokens_shape[0], tokens_shape[2])
