"""Attention in a U-Net: places of a feature map look at each other, and at a text.

A convolution sees its neighbours only, and the petals of a flower lie far apart.
Attention lets each place fetch what it needs from everywhere.
"""

import keras
from keras import layers, ops

from keras_gen.checks import check_positive_integers

register = keras.saving.register_keras_serializable(package="keras_gen")


@register
class PlacesLook(layers.Layer):
    """What both kinds of attention share: the places that look.

    Each place gets a learned vector that says where it is, so that "on the left" can
    mean something: at time 1 its features, which are noise, can't tell it.

    Args:
        num_heads: attention heads; each has `channels // num_heads` dimensions, but at
            least 2.
    """

    def __init__(self, num_heads=4, **kwargs):
        super().__init__(**kwargs)
        check_positive_integers(num_heads=num_heads)
        self.num_heads = num_heads

    def _build(self, x_shape, looked_at_shape):
        channels = x_shape[-1]
        self.normalization = layers.LayerNormalization(dtype=self.dtype_policy)
        self.normalization.build(x_shape)
        # At least 2: with 1, and as many places as heads, Keras 3.15 on TensorFlow adds
        # the queries' bias along the wrong axis.
        head_dim = max(channels // self.num_heads, 2)
        self.attention = layers.MultiHeadAttention(
            self.num_heads, head_dim, dtype=self.dtype_policy
        )
        self.attention.build((x_shape[0], None, channels), looked_at_shape)
        self.positions = self.add_weight(
            shape=(1, *x_shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=0.5),
            name="positions",
        )

    def _places(self, x):
        """The map with its positions, and as a list of places, normalised."""
        x = x + ops.cast(self.positions, x.dtype)
        height, width, channels = x.shape[1:]
        places = ops.reshape(self.normalization(x), (-1, height * width, channels))
        return x, places

    def _add(self, x, found):
        return x + ops.reshape(found, (-1, *x.shape[1:]))

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_heads": self.num_heads}


@register
class SelfAttention(PlacesLook):
    """Lets every place of a feature map look at all the others.

    Args:
        num_heads: attention heads; each has `channels // num_heads` dimensions, but at
            least 2.

    Call arguments:
        x: feature map `(batch, height, width, channels)`.

    Returns:
        A feature map of the shape of `x`, to which what was found is added.

    Example:

    >>> tuple(SelfAttention()(ops.ones((2, 4, 4, 8))).shape)
    (2, 4, 4, 8)

    Reference:
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, app. B;
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.2.
    """

    def build(self, x_shape):
        """Makes the attention for this number of channels."""
        self._build(x_shape, (x_shape[0], None, x_shape[-1]))
        super().build(x_shape)

    def call(self, x):
        """Adds what the other places say to each place of the feature map."""
        x, places = self._places(x)
        return self._add(x, self.attention(places, places))


@register
class TextAttention(PlacesLook):
    """Lets every place of a feature map look at the tokens of a prompt.

    A token vector of zeros is padding.  A learned null token is always there too, so
    that a prompt dropped in training (all zeros) still leaves something to look at.

    Args:
        num_heads: attention heads; each has `channels // num_heads` dimensions, but at
            least 2.

    Call arguments:
        x: feature map `(batch, height, width, channels)`.
        tokens: token vectors `(batch, length, dim)`, zeros where padded.

    Returns:
        A feature map of the shape of `x`, to which what was found is added.

    Reference:
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.2;
        Rombach et al. 2022, https://arxiv.org/abs/2112.10752, section 3.3.
    """

    def build(self, x_shape, tokens_shape):
        """Makes the attention for these numbers of channels."""
        dim = tokens_shape[-1]
        self._build(x_shape, (tokens_shape[0], None, dim))
        self.null_token = self.add_weight(shape=(1, 1, dim), name="null_token")
        super().build(x_shape)

    def call(self, x, tokens):
        """Adds what the tokens say to each place of the feature map."""
        batch = ops.shape(x)[0]
        null = ops.broadcast_to(
            ops.cast(self.null_token, x.dtype), (batch, 1, tokens.shape[-1])
        )
        is_token = ops.any(ops.not_equal(tokens, 0), axis=-1)  # (B, L)
        mask = ops.concatenate([ops.ones((batch, 1), dtype="bool"), is_token], axis=1)
        tokens = ops.concatenate([null, ops.cast(tokens, x.dtype)], axis=1)
        x, places = self._places(x)
        found = self.attention(places, tokens, attention_mask=mask[:, None, :])
        return self._add(x, found)
