"""What an autoencoder is paid for, in nats, one number a picture."""

import keras
from keras import ops


def to_unit_range(images):
    """Brings pictures to floats in [0, 1]: integers are divided by 255.

    Floats are taken to be in [0, 1] already.
    """
    if "int" in keras.backend.standardize_dtype(images.dtype):
        return ops.cast(images, "float32") / 255.0
    return ops.cast(images, "float32")


def reconstruction_loss(images, reconstructions):
    """Binary cross-entropy between pictures, summed over pixels and channels.

    It is `-log p(x|z)` if each pixel is read as the probability of a white dot.  For
    grey pixels it is a bound on nothing, but a good loss all the same; its least
    value is then not 0 but the entropy of the pixels.

    Args:
        images: `(batch, height, width, channels)` in [0, 1].
        reconstructions: the same shape, in [0, 1]; within 1e-7 of an end they count
            as 1e-7 away from it, so that no pixel costs more than 16 nats.

    Returns:
        `(batch,)`, in nats.

    Reference:
        Kingma & Welling 2014, https://arxiv.org/abs/1312.6114, appendix C.1.
    """
    # Clipped here: TensorFlow would look behind the decoder's sigmoid and not clip,
    # JAX clips, and a pixel that is wrong for sure would cost more on one than on
    # the other.
    tiny = keras.config.epsilon()
    reconstructions = ops.clip(reconstructions, tiny, 1.0 - tiny)
    losses = keras.losses.binary_crossentropy(images, reconstructions)  # mean over C
    return ops.sum(losses, axis=(1, 2)) * images.shape[-1]


def kl_divergence(z_mean, z_log_var):
    """Distance of the encoder's Gaussian from the prior N(0, I).

    `-1/2 sum(1 + z_log_var - z_mean**2 - exp(z_log_var))` over the latent dimensions.

    Args:
        z_mean: `(batch, latent_dim)`.
        z_log_var: `(batch, latent_dim)`, the logarithm of the variance.

    Returns:
        `(batch,)`, in nats, at least 0.

    Reference:
        Kingma & Welling 2014, https://arxiv.org/abs/1312.6114, appendix B.
    """
    per_dimension = 1.0 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)
    return -0.5 * ops.sum(per_dimension, axis=-1)
