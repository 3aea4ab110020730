"""The halves of an autoencoder: strided convolutions down, and up again."""

import keras
from keras import layers

from keras_gen.checks import check_image_shape, check_positive_integers
from keras_gen.quick_layers import Conv2DTranspose, NarrowConv2D


def check_halves(encoder, decoder, outputs):
    """Raises a ValueError unless an encoder and a decoder fit each other.

    Args:
        encoder: model, pictures -> latent vectors.
        decoder: model, latent vectors -> pictures.
        outputs: what the encoder must return, such as `["z_mean", "z_log_var"]`.
    """
    if len(encoder.outputs) != len(outputs):
        raise ValueError(
            f"The encoder must return {' and '.join(outputs)}; "
            f"it has {len(encoder.outputs)} outputs."
        )
    latent_dim = encoder.outputs[0].shape[-1]
    if latent_dim != decoder.input_shape[-1]:
        raise ValueError(
            f"The encoder's latent vectors have {latent_dim} dimensions, but the "
            f"decoder takes {decoder.input_shape[-1]}."
        )
    if encoder.input_shape[1:] != decoder.output_shape[1:]:
        raise ValueError(
            f"The encoder takes pictures {encoder.input_shape[1:]}, but the decoder "
            f"makes {decoder.output_shape[1:]}."
        )


def downsample(images, widths):
    """Halves height and width by a strided convolution for each of `widths`.

    Args:
        images: symbolic pictures `(batch, height, width, channels)`.
        widths: channels after each halving.

    Returns:
        A flat feature vector, `(batch, features)`.
    """
    x = images
    for width in widths:
        x = layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(x)
    return layers.Flatten()(x)


def build_encoder(image_shape, latent_dim, widths=(32, 64), hidden_units=128):
    """Builds the VAE's encoder: pictures -> `[z_mean, z_log_var]`.

    Strided convolutions keep more of *where* things are than pooling does, which a
    decoder must know.

    Args:
        image_shape: `(height, width, channels)`, both sizes divisible by
            `2 ** len(widths)`.
        latent_dim: length of the latent vector.
        widths: channels after each halving.
        hidden_units: width of the dense layer before the two outputs.

    Returns:
        A `keras.Model` from pictures in [0, 1] to two tensors `(batch, latent_dim)`.

    Raises:
        ValueError: if a size does not fit.
    """
    images, x = _encoder_trunk(image_shape, latent_dim, widths, hidden_units)
    # float32 also under mixed precision: exp(z_log_var) follows.
    z_mean = layers.Dense(latent_dim, dtype="float32", name="z_mean")(x)
    z_log_var = layers.Dense(latent_dim, dtype="float32", name="z_log_var")(x)
    return keras.Model(images, [z_mean, z_log_var], name="encoder")


def build_code_encoder(
    image_shape, latent_dim, widths=(32, 64), hidden_units=128, activation=None
):
    """Builds a plain autoencoder's encoder: pictures -> one code.

    Args:
        image_shape: as for `build_encoder`.
        latent_dim: length of the code.
        widths: channels after each halving.
        hidden_units: width of the dense layer before the code.
        activation: of the code.  A sparse autoencoder needs `"relu"`: a linear code
            comes near zero, but never is.

    Returns:
        A `keras.Model` from pictures in [0, 1] to codes `(batch, latent_dim)`.

    Raises:
        ValueError: if a size does not fit.
    """
    images, x = _encoder_trunk(image_shape, latent_dim, widths, hidden_units)
    code = layers.Dense(
        latent_dim, activation=activation, dtype="float32", name="code"
    )(x)
    return keras.Model(images, code, name="encoder")


def _encoder_trunk(image_shape, latent_dim, widths, hidden_units):
    check_positive_integers(hidden_units=hidden_units)
    image_shape = _check_sizes(image_shape, latent_dim, widths)
    images = keras.Input(image_shape, name="images")
    x = downsample(images, widths)
    return images, layers.Dense(hidden_units, activation="relu")(x)


def _check_sizes(image_shape, latent_dim, widths):
    if not isinstance(widths, list | tuple):
        raise ValueError(
            f"widths must be positive integers, one for each halving; got {widths!r}."
        )
    check_positive_integers(latent_dim=latent_dim, widths=widths)
    return check_image_shape(image_shape, divisible_by=2 ** len(widths))


def build_decoder(image_shape, latent_dim, widths=(32, 64)):
    """Builds a decoder: latent vectors -> pictures in [0, 1].

    Args:
        image_shape: `(height, width, channels)`, both sizes divisible by
            `2 ** len(widths)`.
        latent_dim: length of the latent vector.
        widths: channels, in the encoder's order; the decoder walks them backwards.

    Returns:
        A `keras.Model` from `(batch, latent_dim)` to `(batch, *image_shape)`.

    Raises:
        ValueError: if a size does not fit.
    """
    image_shape = _check_sizes(image_shape, latent_dim, widths)
    stride = 2 ** len(widths)
    height, width = image_shape[0] // stride, image_shape[1] // stride
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(height * width * widths[-1], activation="relu")(latents)
    x = layers.Reshape((height, width, widths[-1]))(x)
    for channels in reversed(widths):
        x = Conv2DTranspose(channels, 3, strides=2, padding="same", activation="relu")(
            x
        )
    images = NarrowConv2D(
        image_shape[-1],
        3,
        padding="same",
        activation="sigmoid",
        dtype="float32",
        name="reconstructions",
    )(x)
    return keras.Model(latents, images, name="decoder")
