"""Checks of the set `diffusion`: the schedule, and images with noise."""

import numpy as np

from keras_gen.exercises.comparing import compare, same_shape, several, slopes
from keras_gen.exercises.registry import Checks, Failed
from keras_gen.exercises.student import StudentError

checks = Checks("diffusion")
check = checks.check

ENDS = 0.02, 0.95  # the signal rates at times 1 and 0, unless others are given
NUMPY = (
    "Looks like a step through NumPy: the numbers are right, but nothing can be "
    "trained through it; take keras.ops throughout."
)
STOPPED = (
    "Looks like a stop_gradient: the numbers are right, but the gradient is 0 "
    "everywhere."
)


def times_of(rng, num=7):
    """Diffusion times `(num, 1, 1, 1)`, float32, both ends among them."""
    times = rng.permutation(np.r_[0.0, 1.0, rng.uniform(0.05, 0.95, num - 2)])
    return times.reshape(num, 1, 1, 1).astype("float32")


def schedule(times, smallest=ENDS[0], largest=ENDS[1]):
    """The cosine schedule: `(noise_rates, signal_rates)`, stacked."""
    times = np.asarray(times, "float64")
    start, end = np.arccos(largest), np.arccos(smallest)
    angles = start + times * (end - start)
    return np.stack([np.sin(angles), np.cos(angles)])


def rates_of(rng, num):
    """Rates of random times: `(noise_rates, signal_rates)`, float32."""
    return schedule(rng.uniform(0.1, 0.9, (num, 1, 1, 1))).astype("float32")


def mixture(images, noise_masks, noise_rates, signal_rates):
    """Noisy images."""
    return np.float64(signal_rates) * images + np.float64(noise_rates) * noise_masks


def learns(student, target, args, expected, wrt, cotangents, what, method=None):
    """Compares the gradients of what a name, or a method of a handle, returns.

    Args:
        student: the student.
        target: name or handle.
        args: its arguments, arrays.
        expected: for each argument of `wrt` its gradient.
        wrt: numbers of arguments.
        cotangents: an array for each output.
        what: what the gradient is of.
        method: of the handle.
    """
    try:
        _, slope = student.vjp(target, args, cotangents, wrt=list(wrt), method=method)
    except StudentError as error:
        student.call(target, *args, method=method)  # its error, if it has one anyway
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    if not any(np.any(one) for one in slope):
        raise Failed(STOPPED, "stop_gradient")
    for got, right in zip(slope, expected, strict=True):
        compare(got, right, f"the gradient of {what}")


# ---------------------------------------------------------------- diffusion_schedule


def wrong_schedules(times, smallest=ENDS[0], largest=ENDS[1]):
    """What the known mistakes would answer."""
    noise, signal = right = schedule(times, smallest, largest)
    times = np.asarray(times, "float64")
    degrees = np.degrees(np.arccos([largest, smallest]))
    degrees = degrees[0] + times * (degrees[1] - degrees[0])
    linear = largest + times * (smallest - largest)
    quarter = times * np.pi / 2
    return {
        "backwards": (
            schedule(1 - times, smallest, largest),
            "Looks like the schedule run backwards: at time 0 your signal rate is "
            f"{smallest}, and it should be largest there.",
        ),
        "swapped_order": (
            right[::-1],
            "Looks like (signal_rates, noise_rates): both are right, but in the other "
            "order.",
        ),
        "ends_fixed": (
            schedule(times),
            "Looks like {} and {} whatever min_signal_rate and max_signal_rate "
            "are.".format(*ENDS),
        ),
        "ends_ignored": (
            [np.sin(quarter), np.cos(quarter)],
            "Looks like angles from 0 to pi / 2: your signal rate at time 1 is 0, and "
            "one divides by it.",
        ),
        "linear_signal": (
            [np.sqrt(1 - linear**2), linear],
            "Looks like a signal rate that falls linearly: it is the angle that runs "
            "linearly, and the rates are its cosine and sine.",
        ),
        "one_minus_signal": (
            [1 - signal, signal],
            "Looks like noise = 1 - signal: it is the squares of the two rates that "
            "add up to 1.",
        ),
        "squares": (
            right**2,
            "Looks like the squares of the rates: yours add up to 1, but it is their "
            "squares that should.",
        ),
        "degrees": (
            [np.sin(degrees), np.cos(degrees)],
            "Looks like angles in degrees: sine and cosine take radians.",
        ),
    }


def rates_came(answer, shape):
    """The pair that a schedule returns, stacked."""
    pair = several(answer, 2, "(noise_rates, signal_rates)")
    return np.stack([same_shape(one, shape, "each of the rates") for one in pair])


@check("diffusion_schedule", 5, "It is the cosine schedule, noise rates first.")
def value(student, rng):
    times = times_of(rng)
    answer = rates_came(student.call("diffusion_schedule", times), times.shape)
    compare(answer, schedule(times), "a rate", wrong_schedules(times))


@check("diffusion_schedule", 3, "Other signal rates can be asked for at both ends.")
def own_ends(student, rng):
    times = times_of(rng, 5)
    ends = round(rng.uniform(0.1, 0.2), 3), round(rng.uniform(0.7, 0.8), 3)
    told = dict(zip(("min_signal_rate", "max_signal_rate"), ends, strict=True))
    answer = student.call("diffusion_schedule", times, **told)
    answer = rates_came(answer, times.shape)
    compare(answer, schedule(times, *ends), "a rate", wrong_schedules(times, *ends))


@check("diffusion_schedule", 3, "It can be used in a compiled training step.")
def gradient(student, rng):
    times, ones = times_of(rng), np.ones((7, 1, 1, 1), "float32")
    slope = slopes(lambda at: schedule(at).sum(), [times], 0)
    how = (times,), [slope], [0], [ones, ones]
    learns(student, "diffusion_schedule", *how, "the rates")


# ------------------------------------------------------------------------- add_noise


def noisy_of(rng, num=3):
    """Images, noise masks and rates, float32: the arguments of `add_noise`."""
    images, noise = rng.standard_normal((2, num, 4, 6, 2)).astype("float32")
    return images, noise, *rates_of(rng, num)


def wrong_mixtures(images, noise_masks, noise_rates, signal_rates):
    """What the known mistakes would answer."""
    both = images, noise_masks
    right = mixture(*both, noise_rates, signal_rates)
    return {
        "rates_swapped": (
            mixture(*both, signal_rates, noise_rates),
            "Looks like the two rates swapped: images go with the signal rate.",
        ),
        "clipped": (
            np.clip(right, -1, 1),
            "Looks like noisy images clipped to [-1, 1]: the noise is then no longer "
            f"Gaussian, and {np.mean(np.abs(right) > 1):.0%} of the pixels are cut.",
        ),
        "signal_kept": (
            mixture(*both, noise_rates, 1.0),
            "Looks like images at full strength plus noise: the signal must shrink as "
            "the noise grows.",
        ),
        "squares": (
            mixture(*both, np.float64(noise_rates) ** 2, np.float64(signal_rates) ** 2),
            "Looks like squares of the rates: the rates themselves were meant.",
        ),
        "square_roots": (
            mixture(*both, noise_rates**0.5, signal_rates**0.5),
            "Looks like square roots of the rates: those belong to schedules that give "
            "variances, these are rates already.",
        ),
    }


@check("add_noise", 4, "Each image and its noise are mixed with their two rates.")
def value_(student, rng):
    args = noisy_of(rng)
    answer = student.call("add_noise", *args)
    again = student.call("add_noise", *args)
    first = same_shape(answer, args[0].shape, "the noisy images")
    if not np.array_equal(first, same_shape(again, first.shape, "the noisy images")):
        raise Failed(
            "Looks like noise of its own: the noise mask that is given must be used, "
            "since the network is to predict it.",
            "fresh_noise",
        )
    compare(answer, mixture(*args), "a noisy pixel", wrong_mixtures(*args))


@check("add_noise", 3, "It can be used in a compiled training step.")
def gradient_(student, rng):
    args = noisy_of(rng)
    cotangent = rng.standard_normal(args[0].shape).astype("float32")
    slope = [cotangent * np.float64(args[3]), cotangent * np.float64(args[2])]
    learns(student, "add_noise", args, slope, [0, 1], [cotangent], "the noisy images")
