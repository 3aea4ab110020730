"""Checks of the set `diffusion`: what a call of the model does to images."""

import numpy as np

from keras_gen.exercises.comparing import array_of, compare, same_shape, several
from keras_gen.exercises.diffusion_model import (
    denoised,
    images_of,
    model_of,
    normalised,
)
from keras_gen.exercises.diffusion_parts import check, mixture, schedule
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import Numpy, StudentError

NUM = 400  # images in a batch, for statistics
SWAPPED = (
    "Looks like the true noise where the predicted one was meant: call returns "
    "(pred_images, pred_noise_masks, noise_masks)."
)


def seen_in(student, model, images):
    """What a call returned around the network that reveals what it is given.

    Returns:
        `(pred_images, rates, noisy, noise_masks)`: rates `(batch, 1, 1, 1)`, and noisy
        images without their first channel.
    """
    answer = several(
        student.call(model, images), 3, "(pred_images, pred_noise_masks, noise_masks)"
    )
    pred, told, noise = (
        same_shape(one, images.shape, "each of them") for one in answer
    )
    if not all(np.isfinite(one).all() for one in (pred, told, noise)):
        raise Failed("Expected finite numbers; some of what call returns are not.")
    if not _flat(told) and _flat(noise):
        raise Failed(SWAPPED, "swapped_order")
    if not _flat(told):
        raise Failed(
            "Expected the second value that call returns to be what the U-Net "
            "predicts; it is something else."
        )
    return pred, told[:, :1, :1, :1], told[..., 1:], noise


def _flat(told):
    plane = told[..., 0]
    return np.ptp(plane, axis=(1, 2)).max() < 1e-3


def signals_in(noisy, images, noise, rates):
    """Rates of images in noisy ones, by least squares; and how far off the best are.

    That is what is left over, or by how much the squares of the rates miss 1.
    """
    images = images[..., 1:]
    rest = noisy - rates * noise[..., 1:]
    axes = 1, 2, 3
    shares = (rest * images).sum(axes, keepdims=True)
    shares = shares / (images**2).sum(axes, keepdims=True)
    off = np.abs(rest - shares * images).max()
    return shares, float(max(off, np.abs(shares**2 + rates**2 - 1).max() / 10))


def by_own_parts(student, images, noise, rates):
    """Rates and noisy images where the schedule or the mixture is the student's own.

    A mistake in them costs points where it was made, and not here again.
    """
    choices = [np.sqrt(np.clip(1 - rates**2, 0, None))]
    if student.has("diffusion_schedule"):
        times = np.linspace(0, 1, 4001, dtype="float32").reshape(-1, 1, 1, 1)
        pair = student.call("diffusion_schedule", times)
        pair = several(pair, 2, "(noise_rates, signal_rates)")
        grid = [same_shape(one, times.shape, "rates").ravel() for one in pair]
        order = np.argsort(grid[0])
        found = np.interp(rates.ravel(), grid[0][order], grid[1][order])
        choices.append(found.reshape(rates.shape))
    for signal in choices:
        yield signal, mixture(images, noise, rates, signal)
        if student.has("add_noise"):
            args = (np.float32(one) for one in (images, noise, rates, signal))
            answer = student.call("add_noise", *args)
            yield signal, same_shape(answer, images.shape, "the noisy images")


@check("DiffusionModel.call", 5, "The network is shown normalised images with noise.")
def value(student, rng):
    images = images_of(rng, NUM)
    model = model_of(student, student.probe("diffusion.Revealing"), images)
    pred, rates, noisy, noise = seen_in(student, model, images)
    for one in normalised(images):
        signal, off = signals_in(noisy, one, noise, rates)
        if off < 1e-3:
            whole = mixture(one, noise, rates, signal)
            break
    else:
        signal, whole = _excused(student, images, noise, rates, noisy)
    told = np.concatenate([rates + 0 * noisy[..., :1], noisy], -1)
    expected = denoised(whole, rates, signal, told)[0]
    # Near time 1 an image is 50 times what is left of the noise.
    if np.allclose(pred, expected, 2e-3, 5e-3):
        return
    args = (np.float32(one) for one in (whole, rates, signal))
    own = student.call(model, *args, method="denoise")
    own = several(own, 2, "(pred_images, pred_noise_masks)")
    own = [same_shape(one, images.shape, "each of them") for one in own]
    if not any(np.allclose(pred, one, 5e-3, 1e-2) for one in own):
        compare(pred, expected, "a pixel of the predicted images")


def _excused(student, images, noise, rates, noisy):
    """What explains noisy images that are not right; raises if nothing excuses it."""
    for name, wrong, sentence in (
        (
            "not_normalised",
            np.float64(images),
            "Looks like images that are not normalised: noise of variance 1 is nothing "
            f"beside pixels up to {images.max():.0f}.",
        ),
        (
            "divided_by_255",
            images / 255.0,
            "Looks like a division by 255: the normalizer, which the caller adapts, is "
            "not used.",
        ),
    ):
        if signals_in(noisy, wrong, noise, rates)[1] < 0.02:
            raise Failed(sentence, name)
    for one in normalised(images):
        for signal, whole in by_own_parts(student, one, noise, rates):
            if np.allclose(noisy, whole[..., 1:], 2e-3, 5e-3):
                return signal, whole
    seen, masks = (x - x.mean() for x in (noisy, noise[..., 1:]))
    alike = (seen * masks).sum() / np.sqrt((seen**2).sum() * (masks**2).sum())
    if abs(alike) < 0.05:  # 7 sigma of 0.05 for 400 images; 0.6 if the noise is in it
        raise Failed(
            "Looks like new noise in the place of the noise that was applied: the loss "
            "then compares the prediction with something it never saw. The noise that "
            "you return and the noisy images have nothing in common (correlation "
            f"{alike:.2f}).",
            "noise_after_denoise",
        )
    raise Failed(
        "Expected the U-Net to be given signal_rates * normalised images + noise_rates "
        "* noise_masks, with the noise masks that are returned; it is given something "
        "else."
    )


@check("DiffusionModel.call", 4, "Each image has its own time, uniform in [0, 1].")
def times(student, rng):
    images = images_of(rng, NUM)
    model = model_of(student, student.probe("diffusion.Revealing"), images)
    _, rates, noisy, noise = seen_in(student, model, images)
    if np.ptp(rates) < 1e-3:
        raise Failed(
            "Looks like one diffusion time for the whole batch: each image gets a time "
            f"of its own, and all {NUM} of yours have the noise rate "
            f"{rates.mean():.3f}.",
            "one_time_for_all",
        )
    found = [signals_in(noisy, one, noise, rates) for one in normalised(images)]
    signal, off = min(found, key=lambda one: one[1])
    if off > 1e-3:
        # The other check says what is in the noisy images; here only times count.
        signal = np.sqrt(np.clip(1 - rates**2, 0, None))
    angles = np.arctan2(rates, signal).ravel()
    start, end = np.arccos(0.95), np.arccos(0.02)
    at = np.sort((angles - start) / (end - start))
    if at[0] < -0.02 or at[-1] > 1.02:
        if own_schedule(student):
            return
        far = at[0] if -at[0] > at[-1] - 1 else at[-1]
        raise Failed(
            "Looks like diffusion times from a normal distribution: they are to be "
            f"uniform between 0 and 1, and one of yours is {far:.2f}.",
            "normal_times",
        )
    # Kolmogorov and Smirnov: more than 2.8 / sqrt(num) has a probability of 3e-7.
    off = np.abs(at - (np.arange(NUM) + 0.5) / NUM).max()
    if off > 2.8 / np.sqrt(NUM) and not own_schedule(student):
        raise Failed(
            "Expected diffusion times that are uniform between 0 and 1: "
            f"{np.mean(at < 0.5):.0%} of yours are below a half."
        )


def own_schedule(student):
    """Whether there is a schedule that is not the right one: times can't be read."""
    if not student.has("diffusion_schedule"):
        return False
    at = np.linspace(0, 1, 7, dtype="float32").reshape(-1, 1, 1, 1)
    try:
        came = np.stack([array_of(x) for x in student.call("diffusion_schedule", at)])
    except (StudentError, Failed, TypeError, ValueError):
        return True
    return not (came.shape == (2, 7, 1, 1, 1) and np.allclose(came, schedule(at), 1e-3))


@check("DiffusionModel.call", 3, "The noise is normal, and new in each pixel.")
def noise(student, rng):
    images = images_of(rng, NUM)
    model = model_of(student, student.probe("diffusion.Revealing"), images)
    first, second = (seen_in(student, model, images)[3] for _ in range(2))
    if np.allclose(first, second):
        raise Failed(
            "Looks like an integer as the seed: every step sees the same noise and the "
            "same times, where a SeedGenerator gives fresh ones.",
            "fixed_seed",
        )
    pixels = first[0].size
    # The sum of squares of 72 (400) normal numbers: 7 sigma above its mean.
    over = NUM * (first.mean(0) ** 2).sum(), pixels * (first.mean((1, 2, 3)) ** 2).sum()
    mean, std, fourth = first.mean(), first.std(), (first**4).mean()
    # 6 sigma for 28800 numbers; a uniform noise of variance 1 has a fourth moment 1.8.
    normal = abs(mean) < 0.036 and abs(std - 1) < 0.026 and abs(fourth - 3) < 0.36
    if np.ptp(first, axis=0).max() < 1e-6:
        raise Failed(
            "Looks like one noise mask for the whole batch: each image gets noise of "
            "its own.",
            "same_noise_for_all",
        )
    if abs(first.min()) < 1e-2 and abs(mean - 0.5) < 0.05 and first.max() <= 1:
        raise Failed(
            "Looks like uniform noise: the noise masks should be standard normal, and "
            f"yours have the mean {mean:.2f}.",
            "uniform_noise",
        )
    if not normal:
        raise Failed(
            "Expected noise masks from a standard normal distribution; yours have the "
            f"mean {mean:.2f} and the standard deviation {std:.2f}."
        )
    if over[0] > pixels + 7 * np.sqrt(2 * pixels) + 20:
        raise Failed("Expected noise of its own for each image; yours are alike.")
    if over[1] > NUM + 7 * np.sqrt(2 * NUM):
        raise Failed("Expected noise of its own for each pixel and channel.")


@check(
    "DiffusionModel.call",
    3,
    "It takes batches of any size, also in a compiled step.",
    graded_only=True,
)
def any_batch_size(student, rng):
    images = images_of(rng, 4)
    model = model_of(student, student.probe("diffusion.Revealing"), images)
    told = (
        "Looks like a fixed batch size: the last batch of an epoch is often smaller, "
        "and a batch of one image is a batch too."
    )
    try:
        answer = compiled_call(student, model, images, 3)  # and a batch of 1
    except StudentError as error:
        many = np.concatenate(8 * [images])
        compiled_call(student, model, many, 32)  # its error, if always
        raise Failed(f"{told} ({error})", "fixed_batch_size") from None
    answer = several(answer, 3, "(pred_images, pred_noise_masks, noise_masks)")
    sizes = [getattr(one, "shape", ())[:1] for one in answer]
    if sizes[0] and sizes[0] != (4,) and len(set(sizes)) == 1:
        came = f"For 4 images yours returns {sizes[0][0]}."
        raise Failed(f"{told} {came}", "fixed_batch_size")
    for one in answer:
        same_shape(one, images.shape, "each of what call returns")


def compiled_call(student, model, images, batch_size):
    """What a call returns for images, a batch after the other, in a compiled step."""
    how = {"batch_size": batch_size, "verbose": 0, "method": "predict"}
    return student.call(model, Numpy(images), **how)
