"""The U-Net: looks at a noisy picture and tells the noise from the picture.

Down, the picture shrinks and the channels grow; up, it grows again, and each
residual block on the way up sees what its mirror on the way down saw (the skips).
How noisy the picture is comes in as one more channel; `conditioning.py` has the other
ways by which noise level and text come in.

Synopsis:

>>> from keras_gen.diffusion.unet import build_unet
>>> unet = build_unet((16, 16, 3), widths=(8, 16), block_depth=1)
>>> unet.output_shape
(None, 16, 16, 3)
"""

import functools

import keras
from keras import layers

from keras_gen.checks import check_image_shape, check_positive_integers
from keras_gen.diffusion.attention import SelfAttention
from keras_gen.diffusion.conditioning import (
    as_map,
    label_inputs,
    modulate,
    modulation_code,
    standardized,
    text_adder,
    text_inputs,
)
from keras_gen.quick_layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    PointwiseConv2D,
)

LOWEST = 2  # so many of the lowest resolutions have attention, of whatever kind

# "batch" is the lecture's. It normalises by the statistics of all noise levels
# together, and in training by those of one batch; "group" by each picture's own, over
# all channels as one group.
NORMALIZATIONS = {
    "batch": functools.partial(BatchNormalization, center=False, scale=False),
    "group": functools.partial(layers.GroupNormalization, 1, center=False, scale=False),
}


def residual_block(x, width, code=None, normalization="batch"):
    """Two 3 x 3 convolutions, with a connection around them.

    Args:
        x: symbolic feature map `(batch, height, width, channels)`.
        width: channels of the result; where `x` has another number, a 1 x 1
            convolution brings the connection to it.
        code: None, or `(batch, 1, 1, dim)`, which modulates the first convolution.
        normalization: one of `NORMALIZATIONS`.

    Returns:
        A feature map `(batch, height, width, width)`.

    Reference:
        He et al. 2015, https://arxiv.org/abs/1512.03385; the layout is that of
        Chollet, Deep Learning with Python, 3rd edition, ch. 17.
    """
    skip = x if x.shape[-1] == width else PointwiseConv2D(width, 1)(x)
    x = NORMALIZATIONS[normalization]()(x)
    x = Conv2D(width, 3, padding="same")(x)
    if code is not None:
        x = modulate(x, code)
    x = Activation("swish")(x)
    x = Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, skip])


def to_patches(x, patch_size):
    """Lays the pixels of each square patch behind one another, as channels.

    Args:
        x: symbolic pictures `(batch, height, width, channels)`.
        patch_size: height and width of a patch; they divide those of the pictures.

    Returns:
        `(batch, height / patch_size, width / patch_size, patch_size**2 * channels)`.

    Reference:
        Peebles & Xie 2022, https://arxiv.org/abs/2212.09748, section 3.2 ("patchify").
    """
    height, width, channels = x.shape[1:]
    rows, columns = height // patch_size, width // patch_size
    x = layers.Reshape((rows, patch_size, columns, patch_size, channels))(x)
    x = layers.Permute((1, 3, 2, 4, 5))(x)
    return layers.Reshape((rows, columns, patch_size**2 * channels))(x)


def from_patches(x, patch_size):
    """Undoes `to_patches`.

    Args:
        x: symbolic `(batch, rows, columns, patch_size**2 * channels)`.
        patch_size: height and width of a patch.

    Returns:
        `(batch, rows * patch_size, columns * patch_size, channels)`.

    Reference:
        Shi et al. 2016, https://arxiv.org/abs/1609.05158, eq. 4 (for enlarging).
    """
    rows, columns, channels = x.shape[1:]
    channels //= patch_size**2
    split = (rows, columns, patch_size, patch_size, channels)
    whole = (rows * patch_size, columns * patch_size, channels)
    dtype = x.dtype  # which is float32 also under mixed precision
    x = layers.Reshape(split, dtype=dtype)(x)
    x = layers.Permute((1, 3, 2, 4, 5), dtype=dtype)(x)
    return layers.Reshape(whole, dtype=dtype)(x)


def build_unet(
    image_shape,
    widths=(32, 64, 96, 128),
    block_depth=2,
    text_shape=None,
    negative=False,
    modulated=False,
    self_attention=False,
    normalization="batch",
    patch_size=1,
    num_classes=None,
):
    """Builds the network that predicts the noise masks.

    Args:
        image_shape: `(height, width, channels)`; height and width must be divisible
            by `patch_size * 2 ** (len(widths) - 1)`.  They need not be equal.
        widths: channels of each stage; the last is the middle, at the lowest
            resolution.
        block_depth: residual blocks in each stage.
        text_shape: None, or the shape of one text embedding: `(dim,)` for one vector
            a prompt, which is concatenated as constant maps in every stage (the
            lecture's way), or `(length, dim)` for one vector a token, which the
            two lowest resolutions attend to (Stable Diffusion's way).
        negative: also take the embedding of a negative prompt, as a fourth input of
            the same shape, for training on triples.
        modulated: whether noise level and texts also scale and shift the channels of
            each residual block.  The lecture's network is not.
        self_attention: whether the places of a map look at each other, after each
            stage at the two lowest resolutions.  The lecture's do not.
        normalization: `"batch"`, as in the lecture, or `"group"`: each picture by
            its own mean and variance.
        patch_size: above 1, the network sees a square of so many pixels as one place
            with more channels.  Its first stage, the dearest by far, then has a
            smaller map: the same time trains on more pictures.  The lecture's is 1.
        num_classes: None, or how many classes there are: in place of a text, the
            network is told the class of each picture.  A tuple for several attributes,
            with as many values each.

    Returns:
        A `keras.Model`: `[noisy_images, noise_rates]` -> noise masks, with one or two
        text embeddings more among the inputs if there is text, or labels as vectors,
        `keras_gen.labels.one_hot` of them, if there are classes.  Noise rates have the
        shape `(batch, 1, 1, 1)`.  The last layer starts at zero, so an untrained
        network predicts zero noise.

    Raises:
        ValueError: if the sizes do not fit each other.

    Reference:
        Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597 (the U);
        Ho et al. 2020, https://arxiv.org/abs/2006.11239, app. B (for diffusion);
        Rombach et al. 2022, https://arxiv.org/abs/2112.10752, eq. 5 (cross-attention);
        Wu & He 2018, https://arxiv.org/abs/1803.08494 (group normalisation).
    """
    _check_sizes(widths, block_depth, patch_size, normalization)
    image_shape = check_image_shape(
        image_shape, divisible_by=patch_size * 2 ** (len(widths) - 1)
    )
    noisy_images = keras.Input(image_shape, name="noisy_images")
    noise_rates = keras.Input((1, 1, 1), name="noise_rates")
    texts, prepare = _told(text_shape, negative, num_classes)
    add_text = text_adder(texts, LOWEST, prepare)
    code = modulation_code(noise_rates, texts, prepare) if modulated else None

    def block(x, level):
        x = residual_block(x, widths[level], code, normalization)
        is_low = level >= len(widths) - LOWEST
        return SelfAttention()(x) if self_attention and is_low else x

    x = to_patches(noisy_images, patch_size) if patch_size > 1 else noisy_images
    x = PointwiseConv2D(widths[0], 1)(x)
    x = layers.Concatenate()([x, as_map(noise_rates, x.shape[1:3])])
    skips = []
    for level in range(len(widths) - 1):
        x = add_text(x, levels_left=len(widths) - 1 - level)
        for _ in range(block_depth):
            x = block(x, level)
            skips.append(x)
        x = layers.AveragePooling2D(2)(x)

    x = add_text(x, levels_left=0)
    for _ in range(block_depth):
        x = block(x, len(widths) - 1)

    for level in reversed(range(len(widths) - 1)):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        x = add_text(x, levels_left=len(widths) - 1 - level)
        for _ in range(block_depth):
            x = layers.Concatenate()([x, skips.pop()])
            x = block(x, level)

    # float32 also under mixed precision: the loss compares this with the noise.
    noise_masks = PointwiseConv2D(
        patch_size**2 * image_shape[-1],
        1,
        kernel_initializer="zeros",
        dtype="float32",
        name="noise_masks",
    )(x)
    if patch_size > 1:
        noise_masks = from_patches(noise_masks, patch_size)
    return keras.Model([noisy_images, noise_rates, *texts], noise_masks, name="unet")


def _check_sizes(widths, block_depth, patch_size, normalization):
    if not isinstance(widths, list | tuple):
        raise ValueError(
            f"widths must be a list of positive integers, one a stage; got {widths!r}."
        )
    check_positive_integers(
        widths=widths, block_depth=block_depth, patch_size=patch_size
    )
    if normalization not in NORMALIZATIONS:
        names = " or ".join(NORMALIZATIONS)
        raise ValueError(f"normalization must be {names}; got {normalization!r}.")


def _told(text_shape, negative, num_classes):
    """The inputs that say what to draw, and what happens to their vectors first."""
    if num_classes is None:
        return text_inputs(text_shape, negative), standardized
    if text_shape is not None or negative:
        raise ValueError(
            "num_classes needs a network without a text; got "
            f"text_shape={text_shape!r} and negative={negative!r}."
        )
    return label_inputs(num_classes), lambda vector: vector


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
