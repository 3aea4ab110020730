"""Generator and discriminator by the rules of DCGAN, for 28 x 28 and 32 to 64 pixels.

The rules: strided convolutions down and transposed ones up, no pooling, no hidden dense
layers; batch normalisation in both, but neither where the generator ends nor where the
discriminator begins; ReLU in the generator and tanh at its end, leaky ReLU in the
discriminator.  Radford et al. 2015, https://arxiv.org/abs/1511.06434, section 3.

With `num_classes` both networks also take the label of the picture, or several labels:
one for each attribute that it has.

Synopsis:

>>> generator = build_generator((32, 32, 3), latent_dim=64, widths=(32, 64, 128))
>>> generator.output_shape
(None, 32, 32, 3)
>>> build_discriminator((32, 32, 3), widths=(32, 64, 128)).output_shape
(None, 1)
"""

import numbers

import keras
from keras import layers, ops

from keras_gen.checks import (
    check_fraction,
    check_image_shape,
    check_positive_integers,
)
from keras_gen.quick_layers import BatchNormalization, Conv2DTranspose

KERNEL = 4  # divisible by the stride, so that each pixel is laid over equally often
SLOPE = 0.2  # of the leaky ReLU
LABEL_DIM = 32  # of the vector that says to the generator which class to draw

# "batch" is the paper's.  It mixes the pictures of a batch, and a gradient penalty,
# which is of each picture's slope, needs another: "layer" (its own), or None.
# "instance" is of each map alone, for translators, whose colours are a picture's own.
NORMALIZATIONS = {
    "batch": BatchNormalization,
    "layer": lambda: layers.GroupNormalization(1),
    "instance": lambda: layers.GroupNormalization(-1),
    None: lambda: lambda x: x,
}


def build_generator(image_shape, latent_dim=64, widths=(32, 64), num_classes=None):
    """Builds the network that draws: latent vectors -> pictures in [-1, 1].

    Args:
        image_shape: `(height, width, channels)`, both sizes divisible by
            `2 ** len(widths)`.
        latent_dim: length of the latent vector.
        widths: channels, in the discriminator's order; the generator walks them
            backwards.
        num_classes: None, or how many classes there are: then it takes
            `[latents, labels]`, labels being integers `(batch,)` from 0. A tuple for
            several attributes, with as many values each: labels
            `(batch, attributes)`.

    Returns:
        A `keras.Model` to `(batch, *image_shape)`.

    Raises:
        ValueError: if a size does not fit.
    """
    image_shape = _check_sizes(image_shape, widths, num_classes)
    check_positive_integers(latent_dim=latent_dim)
    stride = 2 ** len(widths)
    height, width = image_shape[0] // stride, image_shape[1] // stride
    latents = keras.Input((latent_dim,), name="latents")
    inputs, x = latents, latents
    if num_classes:
        labels = label_input(num_classes)
        inputs = [latents, labels]
        # As large as the latents, so that it counts as much from the beginning.
        codes = embedded(labels, num_classes, LABEL_DIM, stddev=1.0)
        x = layers.Concatenate()([latents, *codes])
    x = layers.Dense(height * width * widths[-1], use_bias=False, **init())(x)
    x = layers.Reshape((height, width, widths[-1]))(x)
    x = layers.Activation("relu")(BatchNormalization()(x))
    for channels in reversed(widths[:-1]):
        x = enlarge(channels, use_bias=False)(x)
        x = layers.Activation("relu")(BatchNormalization()(x))
    # float32 also under mixed precision: the losses need their digits.
    pictures = enlarge(
        image_shape[-1], activation="tanh", dtype="float32", name="pictures"
    )(x)
    return keras.Model(inputs, pictures, name="generator")


def build_discriminator(
    image_shape, widths=(32, 64), num_classes=None, normalization="batch", dropout=0.0
):
    """Builds the network that judges: pictures in [-1, 1] -> logits, "real" above 0.

    With classes its logit is `w . h + e(label) . h`, for the features `h` of the
    picture: one vector judges whether it is real, and one for each class whether it is
    of that class. Of several labels, each adds its own.

    Args:
        image_shape: as for `build_generator`.
        widths: channels after each halving.
        num_classes: None, or how many classes there are, as for `build_generator`:
            then it takes `[pictures, labels]`.
        normalization: `"batch"`, as in the paper; `"layer"` or None for a critic with
            a gradient penalty.
        dropout: share of the features that is dropped before the logit; for few
            pictures, which it would know by heart.

    Returns:
        A `keras.Model` to `(batch, 1)`.

    Raises:
        ValueError: if a size does not fit.

    Reference:
        Miyato & Koyama 2018, https://arxiv.org/abs/1802.05637, eq. 4 (the label).
    """
    image_shape = _check_sizes(image_shape, widths, num_classes)
    check_fraction(dropout=dropout)
    normalize = normalizer(normalization)
    pictures = keras.Input(image_shape, name="pictures")
    x = layers.LeakyReLU(SLOPE)(shrink(widths[0])(pictures))
    for channels in widths[1:]:
        x = shrink(channels, use_bias=normalization is None)(x)
        x = layers.LeakyReLU(SLOPE)(normalize()(x))
    x = layers.Flatten()(x)
    features = layers.Dropout(dropout)(x) if dropout else x
    logits = layers.Dense(1, dtype="float32", name="logits", **init())(features)
    if not num_classes:
        return keras.Model(pictures, logits, name="discriminator")
    labels = label_input(num_classes)
    of_class = embedded(labels, num_classes, x.shape[-1], stddev=0.02)
    fits = [layers.Dot(axes=1, dtype="float32")([features, one]) for one in of_class]
    logits = layers.Add(dtype="float32")([logits, *fits])
    return keras.Model([pictures, labels], logits, name="discriminator")


def label_input(num_classes):
    """The input of the labels, `(batch,)` or `(batch, attributes)`."""
    shape = () if isinstance(num_classes, numbers.Integral) else (len(num_classes),)
    return keras.Input(shape, dtype="int32", name="labels")


def embedded(labels, num_classes, dim, stddev):
    """A vector for each label of a picture, a list of tensors `(batch, dim)`."""
    if isinstance(num_classes, numbers.Integral):
        columns, sizes = [labels], [num_classes]
    else:
        columns = [ops.take(labels, i, axis=1) for i in range(len(num_classes))]
        sizes = num_classes
    return [
        layers.Embedding(size, dim, **init("embeddings", stddev))(column)
        for size, column in zip(sizes, columns, strict=True)
    ]


def normalizer(name):
    """Gives what makes a normalising layer, by one of the names `NORMALIZATIONS`."""
    if name not in NORMALIZATIONS:
        raise ValueError(
            f"normalization must be batch, layer, instance or None; got {name!r}."
        )
    return NORMALIZATIONS[name]


def init(of="kernel", stddev=0.02):
    """Says to a layer how its weights begin, as in section 4 of the paper."""
    return {f"{of}_initializer": keras.initializers.RandomNormal(stddev=stddev)}


def shrink(channels, **how):
    """A convolution that halves height and width."""
    return layers.Conv2D(channels, KERNEL, 2, padding="same", **(init() | how))


def enlarge(channels, **how):
    """A transposed convolution that doubles height and width."""
    return Conv2DTranspose(channels, KERNEL, 2, padding="same", **(init() | how))


def check_widths(widths):
    """Raises a ValueError unless there is a positive integer for each halving."""
    if not isinstance(widths, list | tuple):
        raise ValueError(
            f"widths must be positive integers, one for each halving; got {widths!r}."
        )
    check_positive_integers(widths=widths)


def _check_sizes(image_shape, widths, num_classes):
    check_widths(widths)
    if num_classes is not None:
        check_positive_integers(num_classes=num_classes)
    return check_image_shape(image_shape, divisible_by=2 ** len(widths))


def check_players(generator, discriminator, num_conditions=0):
    """Raises a ValueError unless a generator and a discriminator fit each other.

    Args:
        generator: model, latent vectors (and more) -> pictures.
        discriminator: model, pictures (and as much more) -> logits `(batch, 1)`.
        num_conditions: how much more both take.
    """
    takes = {"generator": generator, "discriminator": discriminator}
    for name, network in takes.items():
        inputs = getattr(network, "inputs", None) or ()
        if len(inputs) != 1 + num_conditions:
            more = " and labels: give its builder num_classes" * bool(num_conditions)
            what = "latent vectors" if network is generator else "pictures"
            came = f"{len(inputs)} inputs" if inputs else type(network).__name__
            raise ValueError(f"The {name} must take {what}{more}; got {came}.")
    made, judged = generator.output_shape[1:], discriminator.inputs[0].shape[1:]
    if tuple(made) != tuple(judged):
        raise ValueError(
            f"The generator makes {tuple(made)}, but the discriminator takes "
            f"{tuple(judged)}."
        )
    if discriminator.output_shape[1:] != (1,):
        raise ValueError(
            "The discriminator must return one logit, (batch, 1); it returns "
            f"{discriminator.output_shape}."
        )
