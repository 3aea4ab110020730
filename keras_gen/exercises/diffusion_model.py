"""Checks of the set `diffusion`: the model around a U-Net, its denoising and its loss.

In the U-Net's place there is a trusted network that says what it was given, so that
what is random in a call is known afterwards, exactly.
"""

import numpy as np

from keras_gen.exercises.comparing import array_of, compare, same_shape, several
from keras_gen.exercises.diffusion_parts import (
    NUMPY,
    STOPPED,
    check,
    learns,
    rates_of,
)
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import Numpy, StudentError

SHAPE = 4, 6, 3  # of an image: not square, and with channels that differ


def model_of(student, probe, images):
    """A model around a probe, whose normaliser knows the images."""
    model = student.make("DiffusionModel", probe, SHAPE)
    normalizer = student.get(model, "normalizer", keep=True)
    student.call(normalizer, Numpy(images), method="adapt")
    return model


def images_of(rng, num):
    """Images whose channels have means and contrasts of their own, float32."""
    mean, std = np.array([90.0, 120.0, 150.0]), np.array([12.0, 20.0, 30.0])
    return (mean + std * rng.standard_normal((num, *SHAPE))).astype("float32")


def statistics(images):
    """`(mean, std)` per channel, and of all pixels: both are right."""
    images = images.astype("float64")
    return [(images.mean(axis), images.std(axis)) for axis in ((0, 1, 2), None)]


def normalised(images):
    """Images as either normaliser gives them."""
    return [(images - mean) / std for mean, std in statistics(images)]


# -------------------------------------------------------------------- DiffusionModel


@check("DiffusionModel", 3, "Its normalizer learns the statistics of the images.")
def normalizer(student, rng):
    images = images_of(rng, 50)
    model = student.make("DiffusionModel", student.probe("diffusion.Affine"), SHAPE)
    try:
        made = student.get(model, "normalizer", keep=True)
    except StudentError as error:
        raise Failed(
            "Expected the model to have a keras.layers.Normalization called "
            f"normalizer. ({error})"
        ) from None
    student.call(made, Numpy(images), method="adapt")
    found = np.squeeze(array_of(student.get(made, "mean"), "the normalizer's mean"))
    compare(found, statistics(images)[found.ndim == 0][0], "the normalizer's mean")


# -------------------------------------------------------------------------- denoise


def affine(rng):
    """A probe that uses what it is given, as settings; and its closed form."""
    names = "slope", "rate", "level"
    numbers = rng.uniform((0.2, 0.3, -0.5), (0.4, 0.5, 0.5), (SHAPE[-1], 3)).T
    settings = dict(zip(names, numbers.astype("float32"), strict=True))
    return settings, lambda x, n: numbers[0] * x + numbers[1] * n + numbers[2]


def denoised(noisy, noise_rates, signal_rates, noise):
    """`(pred_images, pred_noise_masks)`, stacked, of a prediction of the noise."""
    return np.stack([(noisy - noise_rates * noise) / signal_rates, noise])


def wrong_denoised(noisy, n, s, network):
    """What the known mistakes would answer."""
    right = denoised(noisy, n, s, network(noisy, n))
    noise = right[1]
    return {
        "swapped_order": (
            right[::-1],
            "Looks like (noise, image): both are right, but in the other order.",
        ),
        "squares_to_unet": (
            denoised(noisy, n, s, network(noisy, n**2)),
            "Looks like noise_rates**2 fed to the U-Net: here it takes the rates "
            "themselves.",
        ),
        "signal_rates_to_unet": (
            denoised(noisy, n, s, network(noisy, s)),
            "Looks like the signal rates fed to the U-Net: it takes the noise rates.",
        ),
        "rates_swapped": (
            denoised(noisy, s, n, noise),
            "Looks like the two rates swapped: the noise goes with the noise rate.",
        ),
        "not_divided": (
            denoised(noisy, n, np.ones_like(s), noise),
            "Looks like the noise taken away and nothing more: what is left is the "
            "image times the signal rate, up to "
            f"{1 / float(s.min()):.1f} times too dark.",
        ),
        "noise_not_scaled": (
            denoised(noisy, np.ones_like(n), s, noise),
            "Looks like the whole predicted noise taken away: only its rate times as "
            "much was added.",
        ),
        "predicts_image": (
            np.stack([noise, (noisy - s * noise) / n]),
            "Looks like the U-Net's output taken for the image: it predicts the noise, "
            "and the image follows from it.",
        ),
    }


@check("DiffusionModel.denoise", 6, "The image is what the predicted noise leaves.")
def value(student, rng):
    settings, network = affine(rng)
    probe = student.probe("diffusion.Affine", **settings)
    model = student.make("DiffusionModel", probe, SHAPE)
    noisy, rates = rng.standard_normal((5, *SHAPE)).astype("float32"), rates_of(rng, 5)
    answer = student.call(model, noisy, *rates, method="denoise")
    answer = several(answer, 2, "(pred_images, pred_noise_masks)")
    answer = [same_shape(one, noisy.shape, "each of them") for one in answer]
    args = np.float64(noisy), *np.float64(rates)
    right = denoised(*args, network(*args[:2]))
    compare(np.stack(answer), right, "a pixel", wrong_denoised(*args, network))


@check("DiffusionModel.denoise", 3, "What is learned goes through image and noise.")
def gradient(student, rng):
    settings, network = affine(rng)
    probe = student.probe("diffusion.Affine", **settings)
    model = student.make("DiffusionModel", probe, SHAPE)
    noisy, rates = rng.standard_normal((2, *SHAPE)).astype("float32"), rates_of(rng, 2)
    ones = [rng.standard_normal(noisy.shape).astype("float32") for _ in range(2)]
    n, s = np.float64(rates)
    slope = np.float64(settings["slope"])
    expected = ones[0] * (1 - n * slope) / s + ones[1] * slope
    args = [noisy, *rates]
    how = args, [expected], [0], ones, "image and noise", "denoise"
    learns(student, model, *how)


# --------------------------------------------------------------------- compute_loss


def _loss_in(history):
    losses = history.get("loss") if isinstance(history, dict) else None
    if not isinstance(losses, list) or not losses:
        raise Failed("Expected fit to report a loss; it reports none.")
    return array_of(losses[-1], "the loss").item()


def wrong_losses(images, pred_images, pred_noise, noise):
    """What the known mistakes would answer."""
    error = noise - pred_noise
    square = (error**2).mean()
    losses = {
        "absolute_error": (
            np.abs(error).mean(),
            "Looks like the mean absolute error: the squared error was asked for.",
        ),
        "rooted": (
            np.sqrt(square),
            "Looks like the root of the mean squared error.",
        ),
        "summed": (
            (error**2).sum(),
            "Looks like a sum of squared errors where a mean was meant: your loss is "
            f"{error.size} times too large.",
        ),
        "noises_summed": (
            ((noise + pred_noise) ** 2).mean(),
            "Looks like the noises added where their difference was meant.",
        ),
        "against_zero": (
            (pred_noise**2).mean(),
            "Looks like the size of the prediction alone: the noise that was applied "
            "is not in your loss.",
        ),
    }
    images_told = (
        "Looks like the error of the predicted images: the loss compares the noises."
    )
    # Whichever images they are compared with.
    for number, one in enumerate([*normalised(images), images, images / 255]):
        name = "loss_on_images" + " " * number
        losses[name] = ((one - pred_images) ** 2).mean(), images_told
    return losses


@check("DiffusionModel.compute_loss", 5, "It is the mean squared error of the noise.")
def value_(student, rng):
    images = images_of(rng, 5)
    model = model_of(student, student.probe("diffusion.Affine"), images)
    pred = tuple(rng.standard_normal((3, *images.shape)).astype("float32"))
    told = {"x": images, "y": None, "y_pred": pred}
    answer = student.call(model, method="compute_loss", **told)
    wrong = wrong_losses(images, *np.float64(pred))
    right = ((np.float64(pred[1]) - pred[2]) ** 2).mean()
    try:
        compare(same_shape(answer, (), "the loss"), right, "the loss", wrong)
    except Failed as failed:
        raise Failed(failed.message, failed.misconception.strip()) from None


@check("DiffusionModel.compute_loss", 4, "What fit does to weights follows from it.")
def learning(student, rng):
    # A prediction that is far larger than the noise: loss and gradient hardly depend on
    # what noise was drawn, 2e-4 and 1e-4 of them for 2880 numbers.
    images, start = images_of(rng, 40), round(rng.uniform(150, 250), 1)
    pattern = rng.uniform(0.5, 1.5, SHAPE).astype("float32")
    size = float((np.float64(pattern) ** 2).mean())
    probe = student.probe("diffusion.Learning", pattern=pattern, start=start)
    model = model_of(student, probe, images)
    try:
        history = student.fit(model, images, 0.1, batch_size=len(images))
    except StudentError as error:
        if "No gradients provided" in str(error):
            raise Failed(STOPPED, "stop_gradient") from None
        told = {"x": images, "y": None, "y_pred": (images, images, images)}
        student.call(model, method="compute_loss", **told)
        student.call(model, images)
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    (came,) = several(student.weights(probe), 1, "the probe's weights")
    moved = start - same_shape(came, (), "the weight").item()
    if abs(moved) < 1e-5 * start:  # as float32 rounds it
        raise Failed(
            STOPPED + " The network can't learn: its weights stay as they are.",
            "stop_gradient",
        )
    gradient = 2 * size * start
    wrong = {
        "summed": (gradient * images.size, wrong_losses(*_any(images))["summed"][1]),
    }
    compare(moved / 0.1, gradient, "the gradient", wrong, rtol=2e-3)
    compare(_loss_in(history), size * start**2 + 1, "the loss in fit", rtol=3e-3)


def _any(images):
    return images, images, images, np.zeros_like(images)
