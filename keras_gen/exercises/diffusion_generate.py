"""Checks of the set `diffusion`: `generate`, step by step.

The network in the U-Net's place is affine, and its level is large beside the noise:
what comes out is then known but for the little that the noise of the beginning adds,
whose spread is known too.  Each way of stepping has its own level and spread.
"""

import numpy as np

from keras_gen.exercises.comparing import same_shape, several
from keras_gen.exercises.diffusion_model import (
    SHAPE,
    denoised,
    images_of,
    model_of,
    statistics,
)
from keras_gen.exercises.diffusion_parts import check, mixture, schedule
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError

NUM = 64  # images made
GREY = 127.0
CONTRAST = 0.06  # of the images that the normaliser knows: noise changes greys by this
SIGNAL = 25.0  # greys by which the network's level changes the images
MANY = 20  # steps


def walk(slopes, steps, way=""):
    """What the affine network of level 1 makes of noise, in steps.

    Args:
        slopes: of the network, one a channel.
        steps: how many are asked for.
        way: the right way, or one of the known wrong ones.

    Returns:
        Array `(2, channels)`: the mean, and the spread by standard normal noise.
    """
    # Numbers of the mean, of the first noise, and of each fresh one.
    state = np.zeros((MANY + 3, len(slopes)))
    state[1] = 1.0
    first, last, image = state, state, state
    made = {"one_step_too_few": max(steps - 1, 1), "one_step_too_many": steps + 1}
    if way == "fixed_steps":
        steps = MANY
    for step in range(made.get(way, steps)):
        now, after = 1 - step / steps, 1 - (step + 1) / steps
        if way == "from_zero_to_one":
            now, after = step / steps, (step + 1) / steps
        if way == "same_rates":
            after = now
        noise = slopes * state
        noise[0] += 1.0
        image = denoised(state, *schedule(now), noise)[0]
        if way == "first_noise":
            noise = first
        if way == "fresh_noise":
            noise = np.zeros_like(state)
            noise[2 + step] = 1.0
        last = state = mixture(image, noise, *schedule(after))
    if way == "last_noisy_images":
        image = last
    return np.stack([image[0], np.sqrt((image[1:] ** 2).sum(0))])


TOLD = {
    "one_step_too_few": (
        "Looks like one step too few: the last prediction is made at time 1 / n."
    ),
    "one_step_too_many": (
        "Looks like {more} predictions where {steps} were meant: the last is made at "
        "time 1 / n, none at time 0."
    ),
    "fixed_steps": f"Looks like {MANY} steps whatever diffusion_steps says.",
    "from_zero_to_one": (
        "Looks like times that grow from 0: the way begins with pure noise at time 1."
    ),
    "same_rates": (
        "Looks like a mixture at the same time: after each step image and noise are "
        "put together with the rates of the next time."
    ),
    "first_noise": (
        "Looks like the first noise added again in each step: it is the predicted "
        "noise that goes with the predicted image."
    ),
    "fresh_noise": (
        "Looks like fresh noise in each step: the predicted noise is to be kept, so "
        "that the way is deterministic."
    ),
    "last_noisy_images": (
        "Looks like the last noisy images: they still hold a little noise and too "
        "little signal; the predicted images were meant."
    ),
}


def generated(student, model, num, steps):
    """Images that were made, `(num, ...)`, all of them finite."""
    answer = student.call(model, num, steps, method="generate")
    images = same_shape(answer, (num, *SHAPE), "the generated images")
    if not np.isfinite(images).all():
        raise Failed("Expected finite images; some of yours are not.")
    return images


def near(images, expected) -> bool:
    """Whether the channels of images have this mean and this spread, in greys."""
    mean, spread = expected
    num = images[..., 0].size
    # The mean of the noise, at 6 sigma; float32 at greys of 127.
    slack = 6 * spread / np.sqrt(num) + 3e-4 * SIGNAL
    # The spread of 1536 numbers has a sigma of 1.8 %; float32 adds a little.
    came = images.reshape(-1, SHAPE[-1])
    return bool(
        np.all(np.abs(came.mean(0) - mean) < slack)
        and np.all(np.abs(came.std(0) - spread) < 0.12 * spread + 1e-4)
    )


def own_walk(student, model, steps):
    """The same walk by the student's own parts, whatever is wrong with them."""
    states = np.stack([np.zeros(SHAPE), np.ones(SHAPE)]).astype("float32")
    rates_at = _own_rates(student)
    for swapped in (False, True):
        now = states
        for step in range(steps):
            rates, after = rates_at(1 - step / steps), rates_at(1 - (step + 1) / steps)
            pair = student.call(model, now, *rates, method="denoise")
            pair = several(pair, 2, "(pred_images, pred_noise_masks)")
            pair = [same_shape(one, now.shape, "each of them") for one in pair]
            image, noise = pair[::-1] if swapped else pair
            now = mixture(image, noise, *after)
            if student.has("add_noise"):
                args = np.float32(image), np.float32(noise), *after
                now = same_shape(student.call("add_noise", *args), now.shape)
            now = now.astype("float32")
        mean, moved = image.mean((1, 2))
        yield np.stack([mean, np.abs(moved - mean)])


def _own_rates(student):
    def rates_at(time):
        times = np.full((2, 1, 1, 1), time, "float32")
        if not student.has("diffusion_schedule"):
            return schedule(times).astype("float32")
        pair = student.call("diffusion_schedule", times)
        pair = several(pair, 2, "(noise_rates, signal_rates)")
        return [same_shape(x, times.shape, "rates").astype("float32") for x in pair]

    return rates_at


def walked(student, rng, steps):
    """Compares the images made in so many steps, and tells what they look like."""
    # Channels alike, so that it does not matter whether statistics are per channel.
    known = rng.standard_normal((200, *SHAPE))
    known = (known - known.mean((0, 1, 2))) / known.std((0, 1, 2))
    known = (GREY + CONTRAST * known).astype("float32")
    (mean, std), _ = statistics(known)
    slopes = rng.uniform(0.95, 0.985, SHAPE[-1])
    slopes = np.float64(np.float32(slopes))
    level = SIGNAL / (std * np.abs(walk(slopes, steps)[0]))
    level = np.float64(np.float32(level))
    settings = {"slope": np.float32(slopes), "level": np.float32(level)}
    model = model_of(student, student.probe("diffusion.Affine", **settings), known)
    images = generated(student, model, NUM, steps)

    def greys(numbers):
        return np.stack([mean + std * level * numbers[0], std * numbers[1]])

    right = greys(walk(slopes, steps))
    if near(images, right):
        return
    if np.ptp(images, axis=0).max() < 1e-3 * std.max():
        raise Failed(
            "Looks like one noise for all images: they all come out the same.",
            "same_noise_for_all",
        )
    numbers = walk(slopes, steps)
    numbers[0] *= level
    _told_if_greys_differ(images, numbers, std)
    for way, sentence in TOLD.items():
        other = greys(walk(slopes, steps, way))
        if near(images, other) and not np.allclose(other, right, 1e-3):
            raise Failed(sentence.format(steps=steps, more=steps + 1), way)
    try:
        own = own_walk(student, model, steps)
        if any(near(images, [mean + std * m, std * s]) for m, s in own):
            return
    except (StudentError, Failed):
        pass  # it is told where it is made
    came = images.reshape(-1, SHAPE[-1]).mean(0)
    raise Failed(
        f"Expected other images after {steps} steps: their mean should differ from "
        f"{GREY:.0f} by {SIGNAL:.0f} greys, and yours does by "
        f"{np.abs(came - mean).max():.3g}. Is each prediction made at the times 1, "
        "1 - 1/n, ..., 1/n, and mixed again with the rates of the next time?"
    )


def _told_if_greys_differ(images, numbers, std):
    """Known mistakes after the last step, of normalised numbers that are right."""
    came = images.reshape(-1, SHAPE[-1]).mean(0)
    for name, greys, sentence in (
        (
            "variance_for_std",
            GREY + std**2 * numbers[0],
            "Looks like a multiplication by the variance: its root undoes the "
            f"normalisation, and your contrast is {std.mean():.2g} times what it "
            "should be.",
        ),
        (
            "not_denormalised",
            np.clip(numbers[0], 0, 255),
            "Looks like normalised images: mean and standard deviation of the "
            "normalizer are to be put back.",
        ),
        (
            "scaled_by_127",
            np.clip((numbers[0] + 1) * 127.5, 0, 255),
            "Looks like (x + 1) * 127.5: the images were normalised with the "
            "normalizer's statistics, which have to be undone.",
        ),
    ):
        if np.allclose(came, greys, 2e-3, 1e-2):
            raise Failed(sentence, name)


@check("DiffusionModel.generate", 6, "It goes from noise to images in equal steps.")
def steps(student, rng):
    walked(student, rng, 4)


@check("DiffusionModel.generate", 2, "One step is one prediction, at time 1.")
def one_step(student, rng):
    walked(student, rng, 1)


@check("DiffusionModel.generate", 6, "Its images are de-normalised, and clipped.")
def greys(student, rng):
    known = images_of(rng, 50)
    image = rng.uniform(-3, 3, SHAPE)
    image[0, 0], image[1, 1] = -15.0, 15.0  # beyond black and white
    image = image.astype("float32")
    probe = student.probe("diffusion.Certain", image=image)
    images = generated(student, model_of(student, probe, known), NUM, 4)
    choices = [mean + std * np.float64(image) for mean, std in statistics(known)]
    # At time 1 an image is 50 times what is left of the noise, of float32 too.
    if any(np.allclose(images, np.clip(one, 0, 255), 0, 0.1) for one in choices):
        return
    if any(np.allclose(images, one, 1e-3, 0.1) for one in choices):
        raise Failed(
            "Looks like images that are not clipped: one of your pixels is "
            f"{images.max():.0f}.",
            "not_clipped",
        )
    if any(np.abs(images - np.clip(one, 0, 255)).max() <= 1.1 for one in choices):
        raise Failed(
            "Looks like rounded images: floats between 0 and 255 were asked for."
        )
    wrong = [mean + std**2 * np.float64(image) for mean, std in statistics(known)]
    if any(np.allclose(images, np.clip(one, 0, 255), 0, 1.0) for one in wrong):
        _, std = statistics(known)[1]
        raise Failed(
            "Looks like a multiplication by the variance: its root undoes the "
            f"normalisation, so your contrast is about {std:.0f} times too high.",
            "variance_for_std",
        )
    if np.allclose(images, np.clip(image, 0, 255), 0, 0.01):
        raise Failed(
            "Looks like normalised images: mean and standard deviation of the "
            "normalizer are to be put back; yours are nearly black, with a mean of "
            f"{images.mean():.1f}.",
            "not_denormalised",
        )
    if np.allclose(images, np.clip((image + 1) * 127.5, 0, 255), 0, 0.5):
        raise Failed(
            "Looks like (x + 1) * 127.5: the images were normalised with the "
            "normalizer's statistics, which have to be undone.",
            "scaled_by_127",
        )
    off = min(np.abs(images - np.clip(one, 0, 255)).max() for one in choices)
    raise Failed(
        "Expected the predicted image times the normalizer's standard deviation, plus "
        f"its mean, clipped to [0, 255]; yours is off by up to {off:.3g}."
    )
