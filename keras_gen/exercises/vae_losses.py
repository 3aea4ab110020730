"""Checks of the set `vae`: the two terms of the loss."""

import numpy as np

from keras_gen.exercises.comparing import compare
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError
from keras_gen.exercises.vae_sampler import NUMPY, STOPPED, check, learns, normal


def told(answer, expected, what, wrong, shown=False):
    """`compare`, where a mistake with more than one form is named once.

    Args:
        answer: what came.
        expected: array.
        what: what to call the answer.
        wrong: as for `compare`; names that end with spaces are those without.
        shown: as for `compare`.
    """
    try:
        compare(answer, expected, what, wrong, shown=shown)
    except Failed as failed:
        slug = failed.misconception.strip()
        raise Failed(failed.message, slug, failed.shown) from None


def in_a_model(student, name, args, expected, what):
    """Compares what a functional model answers that was made of a function."""
    try:
        model = student.functional(name, [arg.shape[1:] for arg in args])
        answer = student.call(model, list(args))
    except StudentError as error:
        student.call(name, *args)
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    compare(answer, expected, f"{what} within a model")


def slope_of(student, name, args, cotangent, wrt):
    """Gradients of a loss; a loss that has none at all is told so."""
    _, slopes = learns(student, name, args, [cotangent], wrt=wrt)
    if not any(np.any(slope) for slope in slopes):
        raise Failed(f"{STOPPED}.", "stop_gradient")
    return slopes


# --------------------------------------------------------------------- kl_divergence


def of_kl(z_mean, z_log_var):
    """KL of N(mean, var) from N(0, I), `(batch,)`, in float64."""
    mean, log_var = np.float64(z_mean), np.float64(z_log_var)
    return 0.5 * (np.exp(log_var) + mean**2 - 1 - log_var).sum(axis=-1)


def slopes_of_kl(z_mean, z_log_var):
    """Its gradients `(batch, latent_dim)`, of both arguments."""
    return np.float64(z_mean), 0.5 * np.expm1(np.float64(z_log_var))


def wrong_kls(z_mean, z_log_var):
    """What the known mistakes would answer."""
    mean, log_var = np.float64(z_mean), np.float64(z_log_var)
    num = mean.shape[-1]
    right, variance = of_kl(mean, log_var), np.exp(log_var)
    return {
        "batch_mean": (
            right.mean(),
            "Looks like the mean over the batch: one number an image was meant, the "
            "model takes the mean later.",
        ),
        "mean_over_dimensions": (
            right / num,
            "Looks like a mean over the latent dimensions where a sum was meant: your "
            f"divergence is {num} times too small for {num} dimensions.",
        ),
        "no_half": (
            2 * right,
            "Looks like the factor 1/2 is missing: your divergence is 2 times too "
            "large.",
        ),
        "no_one": (
            right + num / 2,
            "Looks like the constant 1 is missing: your divergence of N(0, I) from "
            f"itself is {num / 2:g} and not 0 in {num} dimensions.",
        ),
        "sign": (
            -right,
            "Looks like the divergence with the wrong sign: it can never be negative.",
        ),
        "log_std": (
            of_kl(mean, 2 * log_var),
            "Looks like z_log_var taken for the logarithm of the standard deviation: "
            "it is that of the variance, so it has a factor 2 too many.",
        ),
        "mean_not_squared": (
            0.5 * (variance + mean - 1 - log_var).sum(axis=-1),
            "Looks like z_mean where its square was meant: a negative mean lowers "
            "your divergence.",
        ),
        "no_exp": (
            0.5 * (mean**2 - 1).sum(axis=-1),
            "Looks like z_log_var where the variance was meant: exp is missing, so "
            "the spread costs nothing.",
        ),
        "reversed": (
            0.5 * (log_var + (1 + mean**2) / variance - 1).sum(axis=-1),
            "Looks like the divergence with its two sides swapped: that of N(0, I) "
            "from the encoder's Gaussian.",
        ),
        "arguments_swapped": (
            of_kl(log_var, mean),
            "Looks like the two arguments in the other order: the mean comes first.",
        ),
    }


def asked_kl(student, z_mean, z_log_var):
    """Asks for a divergence, and compares it."""
    answer = student.call("kl_divergence", z_mean, z_log_var)
    right, wrong = of_kl(z_mean, z_log_var), wrong_kls(z_mean, z_log_var)
    told(answer, right, "the divergence", wrong)


@check("kl_divergence", 5, "It is that of random Gaussians, one number an image.")
def _value(student, rng):
    asked_kl(student, *normal(rng, 2, 5, 3))


@check("kl_divergence", 3, "N(0, I) has none from itself; batches of 1 work.")
def _at_the_prior(student, rng):
    asked_kl(student, *np.zeros((2, 1, 4), "float32"))
    asked_kl(student, *normal(rng, 2, 1, 4))


@check("kl_divergence", 4, "The gradient reaches z_mean and z_log_var.")
def _gradient(student, rng):
    args, cotangent = list(normal(rng, 2, 5, 3)), normal(rng, 5)
    slopes = slope_of(student, "kl_divergence", args, cotangent, [0, 1])
    rights = [cotangent[:, None] * slope for slope in slopes_of_kl(*args)]
    for what, slope, right in zip(("z_mean", "z_log_var"), slopes, rights, strict=True):
        compare(slope, right, f"the gradient of {what}")


@check("kl_divergence", 2, "It works within a functional model.")
def _in_a_model(student, rng):
    args = normal(rng, 2, 5, 3)
    in_a_model(student, "kl_divergence", args, of_kl(*args), "the divergence")


# --------------------------------------------------------------- reconstruction_loss


def of_reconstruction(images, reconstructions):
    """Binary cross-entropy summed over all but the batch, in float64."""
    x, p = np.float64(images), np.float64(reconstructions)
    losses = -x * np.log(p) - (1 - x) * np.log1p(-p)
    return losses.reshape(len(x), -1).sum(axis=1)


def slope_of_reconstruction(images, reconstructions):
    """Its gradient of the reconstructions."""
    x, p = np.float64(images), np.float64(reconstructions)
    return (1 - x) / (1 - p) - x / p


ONE_NUMBER = (
    "Looks like one number for the whole batch: a loss for each image was meant, the "
    "sum over its pixels and channels."
)


def wrong_reconstructions(images, reconstructions):
    """What the known mistakes would answer."""
    x, p = np.float64(images), np.float64(reconstructions)
    _, height, width, channels = x.shape
    right, pixels = of_reconstruction(x, p), height * width * channels
    clipped = x.clip(np.float32(1e-7), np.float32(1 - 1e-7))  # as Keras does

    def summed(values):
        return values.sum(axis=(1, 2, 3))

    def weak(num):
        return (
            "Looks like a mean over the pixels where a sum was meant: your loss is "
            f"{num} times too small, and the KL term drowns it."
        )

    return {
        "one_number": (right.mean(), ONE_NUMBER),
        "one_number ": (right.sum(), ONE_NUMBER),
        "one_number  ": (right.mean() / pixels, ONE_NUMBER),
        "mean_over_pixels": (right / pixels, weak(pixels)),
        "mean_over_channels": (
            right / channels,
            "Looks like keras.losses.binary_crossentropy summed over height and width: "
            "it has taken the mean over the channels, so your loss is "
            f"{channels} times too small for {channels} channels.",
        ),
        "mean_over_pixels ": (right / (height * width), weak(height * width)),
        "sign": (
            -right,
            "Looks like the log-likelihood: its sign must be turned for a loss.",
        ),
        "squared_error": (
            summed((x - p) ** 2),
            "Looks like the squared error: binary cross-entropy was asked for.",
        ),
        "white_pixels_only": (
            summed(-x * np.log(p)),
            "Looks like images * log(reconstructions) alone: nothing is paid for "
            "light where the image is dark.",
        ),
        "arguments_swapped": (
            of_reconstruction(p, clipped),
            "Looks like images and reconstructions in the other order: the logarithm "
            "is that of the reconstruction.",
        ),
        "from_logits": (
            summed(np.logaddexp(0, p) - x * p),
            "Looks like from_logits=True: the reconstructions are in [0, 1] already, "
            "and a second sigmoid makes them at least 0.5.",
        ),
    }


def pictures(rng, *shape):
    """Images, and reconstructions in [0.02, 0.98]; float32."""
    images, reconstructions = rng.uniform(size=(2, *shape))
    return images.astype("float32"), (0.02 + 0.96 * reconstructions).astype("float32")


def asked_reconstruction(student, images, reconstructions):
    """Asks for a loss, and compares it."""
    answer = student.call("reconstruction_loss", images, reconstructions)
    right = of_reconstruction(images, reconstructions)
    wrong = wrong_reconstructions(images, reconstructions)
    told(answer, right, "the loss", wrong)


@check("reconstruction_loss", 6, "It is the cross-entropy of each image, summed.")
def _value_(student, rng):
    asked_reconstruction(student, *pictures(rng, 4, 4, 8, 3))


@check("reconstruction_loss", 2, "Black and white images and batches of 1 work.")
def _black_and_white(student, rng):
    images, reconstructions = pictures(rng, 1, 8, 4, 2)
    asked_reconstruction(student, images.round(), reconstructions)


@check("reconstruction_loss", 4, "The gradient reaches the reconstructions.")
def _gradient_(student, rng):
    args, cotangent = pictures(rng, 4, 4, 8, 3), normal(rng, 4)
    slopes = slope_of(student, "reconstruction_loss", list(args), cotangent, [1])
    right = cotangent[:, None, None, None] * slope_of_reconstruction(*args)
    compare(slopes[0], right, "the gradient of the reconstructions")


@check("reconstruction_loss", 2, "It works within a functional model.")
def _in_a_model_(student, rng):
    args = pictures(rng, 4, 4, 8, 3)
    right = of_reconstruction(*args)
    in_a_model(student, "reconstruction_loss", args, right, "the loss")
