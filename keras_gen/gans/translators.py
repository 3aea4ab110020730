"""Networks that turn a picture into another: a U-Net, and a judge of patches.

The generator looks at the whole picture, down to a few places, and hands each stage's
map over to the stage of the same size on the way back up: outlines stay where they are.
The discriminator says of each patch whether it is real; whether the whole is right is
left to the L1 or the cycle loss.  Isola et al. 2017, https://arxiv.org/abs/1611.07004,
section 3.2 and appendix 6.1.

Synopsis:

>>> generator = build_translator((32, 32, 3), widths=(16, 32, 64))
>>> generator.output_shape
(None, 32, 32, 3)
>>> build_patch_discriminator((32, 32, 3), widths=(16, 32)).output_shape
(None, 8, 8, 1)
"""

import keras
from keras import layers, ops

from keras_gen.checks import (
    check_fraction,
    check_image_shape,
    check_positive_integers,
)
from keras_gen.data import Pictures
from keras_gen.feeding import refuse_lists_and_folders
from keras_gen.gans.networks import (
    KERNEL,
    SLOPE,
    check_widths,
    enlarge,
    init,
    normalizer,
    shrink,
)
from keras_gen.gans.players import check_pictures
from keras_gen.quick_layers import NarrowConv2D
from keras_gen.ranges import scale_output, to_signed_range


def build_translator(
    image_shape,
    widths=(32, 64, 128, 128),
    normalization="batch",
    dropout=0.0,
    source_channels=None,
):
    """Builds the network that draws: pictures -> pictures, both in [-1, 1].

    Args:
        image_shape: `(height, width, channels)` of what it draws, both sizes divisible
            by `2 ** len(widths)`.
        widths: channels after each halving.
        normalization: `"batch"`; `"instance"`, of each picture's map alone; or None.
        dropout: share of the features that is dropped in the two lowest stages on the
            way up: pix2pix's only noise.
        source_channels: of the pictures that it is given; by default as many.

    Returns:
        A `keras.Model` to `(batch, *image_shape)`.

    Raises:
        ValueError: if a size does not fit.

    Reference:
        Isola et al. 2017, https://arxiv.org/abs/1611.07004, appendix 6.1.1.
    """
    check_widths(widths)
    image_shape = check_image_shape(image_shape, divisible_by=2 ** len(widths))
    check_fraction(dropout=dropout)
    normalize = normalizer(normalization)
    channels = image_shape[-1] if source_channels is None else source_channels
    check_positive_integers(source_channels=channels)
    sources = keras.Input((*image_shape[:-1], channels), name="sources")
    x, maps = sources, []
    for stage, width in enumerate(widths):
        first, last = stage == 0, stage == len(widths) - 1
        # Not where the map may be one pixel: an instance would become zero.
        normalized = normalization is not None and not first and not last
        x = shrink(width, use_bias=not normalized)(x)
        if normalized:
            x = normalize()(x)
        x = layers.LeakyReLU(SLOPE)(x)
        maps.append(x)
    x = maps.pop()
    for stage, width in enumerate(reversed(widths[:-1])):
        x = normalize()(enlarge(width, use_bias=normalization is None)(x))
        if dropout and stage < 2:
            x = layers.Dropout(dropout)(x)
        x = layers.Concatenate()([layers.Activation("relu")(x), maps.pop()])
    pictures = enlarge(
        image_shape[-1], activation="tanh", dtype="float32", name="pictures"
    )(x)
    return keras.Model(sources, pictures, name="generator")


def build_patch_discriminator(
    image_shape, widths=(32, 64), normalization="batch", source_channels=0
):
    """Builds the network that judges: pictures in [-1, 1] -> a logit for each patch.

    After n halvings a patch has `6 * 2 ** n - 2` pixels on a side: 22 after two.

    Args:
        image_shape: of the pictures, as for `build_translator`.
        widths: channels after each halving.
        normalization: as for `build_translator`.
        source_channels: 0, or the channels of the picture that it was drawn from: then
            it takes `[pictures, sources]`.

    Returns:
        A `keras.Model` to `(batch, height / 2 ** n, width / 2 ** n, 1)`.

    Raises:
        ValueError: if a size does not fit.

    Reference:
        Isola et al. 2017, https://arxiv.org/abs/1611.07004, section 3.2.2.
    """
    check_widths(widths)
    image_shape = check_image_shape(image_shape, divisible_by=2 ** len(widths))
    normalize = normalizer(normalization)
    pictures = keras.Input(image_shape, name="pictures")
    inputs, x = pictures, pictures
    if source_channels:
        check_positive_integers(source_channels=source_channels)
        sources = keras.Input((*image_shape[:-1], source_channels), name="sources")
        inputs = [pictures, sources]
        x = layers.Concatenate()(inputs)
    x = layers.LeakyReLU(SLOPE)(shrink(widths[0])(x))
    for width in widths[1:]:
        x = shrink(width, use_bias=normalization is None)(x)
        x = layers.LeakyReLU(SLOPE)(normalize()(x))
    logits = NarrowConv2D(
        1, KERNEL, padding="same", dtype="float32", name="logits", **init()
    )(x)
    return keras.Model(inputs, logits, name="discriminator")


def check_translators(generator, discriminator, num_conditions=0):
    """Raises a ValueError unless a picture's translator and its judge fit each other.

    Args:
        generator: model, pictures -> pictures.
        discriminator: model, pictures (and their sources) -> logits `(batch, ..., 1)`.
        num_conditions: 1 if the discriminator takes the sources too.
    """
    for name, network, num in (
        ("generator", generator, 1),
        ("discriminator", discriminator, 1 + num_conditions),
    ):
        came = len(getattr(network, "inputs", None) or ())
        if came != num:
            what = "sources" if network is generator else "pictures"
            more = " and sources: give its builder source_channels" * (num - 1)
            raise ValueError(f"The {name} must take {what}{more}; got {came} inputs.")
    made, judged = generator.output_shape[1:], discriminator.inputs[0].shape[1:]
    if tuple(made) != tuple(judged):
        raise ValueError(
            f"The generator makes {tuple(made)}, but the discriminator takes "
            f"{tuple(judged)}."
        )


def refuse_single_pictures(x):
    """Raises a ValueError where `fit` got pictures without their sources.

    Args:
        x: what `fit` got.
    """
    refuse_lists_and_folders(x)
    if isinstance(x, Pictures) or hasattr(x, "shape"):
        raise ValueError(
            "x must be a dict with the entries images and sources, or a feed of such; "
            f"got {type(x).__name__}."
        )


def translated(generator, pictures, name, batch_size):
    """Draws a picture of each picture.

    Args:
        generator: as `build_translator` makes it.
        pictures: `(batch, height, width, channels)`, uint8 or floats in [-1, 1].
        name: what to call them.
        batch_size: pictures a step.

    Returns:
        uint8 array `(batch, height, width, channels)`.

    Raises:
        ValueError: if their shape is not what the generator takes.
    """
    check_pictures(pictures, tuple(generator.inputs[0].shape[1:]), name)
    inputs = ops.convert_to_numpy(to_signed_range(pictures))
    made = generator.predict(inputs, batch_size=batch_size, verbose=0)
    return scale_output(made)
