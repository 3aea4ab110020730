"""The U-Net: looks at a noisy picture and tells the noise from the picture.

Down, the picture shrinks and the channels grow; up, it grows again, and each
residual block on the way up sees what its mirror on the way down saw (the skips).
How noisy the picture is comes in as one more channel, and a text, for
text-to-image, as more channels still, or by cross-attention to its tokens.

Synopsis:

>>> from keras_gen.diffusion.unet import build_unet
>>> unet = build_unet((16, 16, 3), widths=(8, 16), block_depth=1)
>>> unet.output_shape
(None, 16, 16, 3)
"""

import keras
from keras import layers, ops

from keras_gen.checks import check_image_shape, check_positive_integers

TEXT_CHANNELS = 16


def residual_block(x, width):
    """Two 3 x 3 convolutions, with a connection around them.

    Args:
        x: symbolic feature map `(batch, height, width, channels)`.
        width: channels of the result; where `x` has another number, a 1 x 1
            convolution brings the connection to it.

    Returns:
        A feature map `(batch, height, width, width)`.

    Reference:
        He et al. 2015, https://arxiv.org/abs/1512.03385; the layout is that of
        Chollet, Deep Learning with Python, 3rd edition, ch. 17.
    """
    skip = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization(center=False, scale=False)(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, skip])


def build_unet(
    image_shape,
    widths=(32, 64, 96, 128),
    block_depth=2,
    text_shape=None,
    negative=False,
):
    """Builds the network that predicts the noise masks.

    Args:
        image_shape: `(height, width, channels)`; height and width must be divisible
            by `2 ** (len(widths) - 1)`.  They need not be equal.
        widths: channels of each stage; the last is the middle, at the lowest
            resolution.
        block_depth: residual blocks in each stage.
        text_shape: None, or the shape of one text embedding: `(dim,)` for one vector
            a prompt, which is concatenated as constant maps in every stage (the
            lecture's way), or `(length, dim)` for one vector a token, which the
            two lowest resolutions attend to (Stable Diffusion's way).
        negative: also take the embedding of a negative prompt, as a fourth input of
            the same shape, for training on triples.

    Returns:
        A `keras.Model`: `[noisy_images, noise_rates]` -> noise masks, with one or two
        text embeddings more among the inputs if there is text.  Noise rates have the
        shape `(batch, 1, 1, 1)`.  The last layer starts at zero, so an untrained
        network predicts zero noise.

    Raises:
        ValueError: if the sizes do not fit each other.

    Reference:
        Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597 (the U);
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, app. B (for diffusion);
        Rombach et al. 2022, https://arxiv.org/abs/2112.10752, eq. 5 (cross-attention).
    """
    if not isinstance(widths, list | tuple):
        raise ValueError(
            f"widths must be a list of positive integers, one a stage; got {widths!r}."
        )
    check_positive_integers(widths=widths, block_depth=block_depth)
    image_shape = check_image_shape(image_shape, divisible_by=2 ** (len(widths) - 1))
    noisy_images = keras.Input(image_shape, name="noisy_images")
    noise_rates = keras.Input((1, 1, 1), name="noise_rates")
    texts = _text_inputs(text_shape, negative)
    add_text = _text_adder(texts, lowest=2)

    x = layers.Conv2D(widths[0], 1)(noisy_images)
    x = layers.Concatenate()([x, as_map(noise_rates, image_shape[:2])])
    skips = []
    for level, width in enumerate(widths[:-1]):
        x = add_text(x, levels_left=len(widths) - 1 - level)
        for _ in range(block_depth):
            x = residual_block(x, width)
            skips.append(x)
        x = layers.AveragePooling2D(2)(x)

    x = add_text(x, levels_left=0)
    for _ in range(block_depth):
        x = residual_block(x, widths[-1])

    for level, width in reversed(list(enumerate(widths[:-1]))):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        x = add_text(x, levels_left=len(widths) - 1 - level)
        for _ in range(block_depth):
            x = layers.Concatenate()([x, skips.pop()])
            x = residual_block(x, width)

    # float32 also under mixed precision: the loss compares this with the noise.
    noise_masks = layers.Conv2D(
        image_shape[-1],
        1,
        kernel_initializer="zeros",
        dtype="float32",
        name="noise_masks",
    )(x)
    return keras.Model([noisy_images, noise_rates, *texts], noise_masks, name="unet")


def what_it_is(unet):
    """Names what came instead of a U-Net."""
    inputs = getattr(unet, "inputs", None)
    return f"{len(inputs)} inputs" if inputs else type(unet).__name__


def check_parts(unet, image_shape, schedule):
    """Raises a ValueError unless the parts of a diffusion model fit each other.

    Args:
        unet: a model.
        image_shape: None, or the shape of the pictures that the model takes.
        schedule: None, or a function of diffusion times.
    """
    taken = tuple(unet.inputs[0].shape[1:])
    if image_shape is not None and tuple(image_shape) != taken:
        raise ValueError(
            f"image_shape must be that of the U-Net, {taken}; got {image_shape!r}."
        )
    if schedule is not None and not callable(schedule):
        raise ValueError(
            "schedule must be a function of diffusion times, such as CosineSchedule(); "
            f"got {schedule!r}."
        )


def as_map(vectors, size):
    """Repeats `(batch, 1, 1, channels)` over a height and a width."""
    return layers.UpSampling2D(size, interpolation="nearest")(vectors)


def _text_inputs(text_shape, negative):
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


def _text_adder(texts, lowest):
    """Returns a function that lets a feature map see the texts."""
    if not texts:
        return lambda x, levels_left: x

    if len(texts[0].shape) == 3:  # (batch, length, dim): one vector a token

        def attend(x, levels_left):
            if levels_left < lowest:
                for tokens in texts:
                    x = TextAttention()(x, tokens)
            return x

        return attend

    # Standardised first: the vectors of two prompts differ little beside what all
    # prompts have in common.
    normalised = [layers.BatchNormalization()(text) for text in texts]
    codes = [layers.Dense(128, activation="swish")(text) for text in normalised]
    code = layers.Concatenate()(codes) if len(codes) > 1 else codes[0]

    def concatenate(x, levels_left):
        maps = layers.Dense(TEXT_CHANNELS)(code)
        maps = layers.Reshape((1, 1, TEXT_CHANNELS))(maps)
        return layers.Concatenate()([x, as_map(maps, x.shape[1:3])])

    return concatenate


@keras.saving.register_keras_serializable(package="keras_gen")
class TextAttention(layers.Layer):
    """Lets every place of a feature map look at the tokens of a prompt.

    Each place also gets a learned vector that says where it is, so that "on the left"
    can mean something.  A token vector of zeros is padding.  A learned null token is
    always there too, so that a prompt dropped in training (all zeros) still leaves
    something to look at.

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

    def __init__(self, num_heads=4, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, x_shape, tokens_shape):
        """Makes the attention for these numbers of channels."""
        channels, dim = x_shape[-1], tokens_shape[-1]
        self.normalization = layers.LayerNormalization(dtype=self.dtype_policy)
        self.normalization.build(x_shape)
        # At least 2: with 1, and as many places as heads, Keras 3.15 on TensorFlow adds
        # the queries' bias along the wrong axis.
        head_dim = max(channels // self.num_heads, 2)
        self.attention = layers.MultiHeadAttention(
            self.num_heads, head_dim, dtype=self.dtype_policy
        )
        queries_shape = (x_shape[0], None, channels)
        self.attention.build(queries_shape, (tokens_shape[0], None, dim))
        self.null_token = self.add_weight(shape=(1, 1, dim), name="null_token")
        # A place can't tell where it is from its features: at time 1 they are noise.
        self.positions = self.add_weight(
            shape=(1, *x_shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=0.5),
            name="positions",
        )
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
        height, width, channels = x.shape[1:]
        x = x + ops.cast(self.positions, x.dtype)
        queries = ops.reshape(self.normalization(x), (batch, height * width, channels))
        found = self.attention(queries, tokens, attention_mask=mask[:, None, :])
        return x + ops.reshape(found, (batch, height, width, channels))

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_heads": self.num_heads}
