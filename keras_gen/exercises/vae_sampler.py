"""Checks of the set `vae`: the sampler."""

import numpy as np

from keras_gen.exercises.comparing import compare, same_shape
from keras_gen.exercises.registry import Checks, Failed
from keras_gen.grading.student import StudentError

checks = Checks("vae")
check = checks.check

NUMPY = (
    "Looks like a step through NumPy: it gives the right numbers, but nothing can be "
    "trained through it; take keras.ops throughout."
)
STOPPED = (
    "Looks like a stop_gradient: the values are right, but the gradient is 0 everywhere"
)
QUIET = -50.0  # a z_log_var at which no noise is left
ROWS, LOG_VARS = 4096, np.array([-2.0, 0.5, 2.0], "float32")
SIGMAS = 6.0  # how far chance may lead a right answer off: once in 5e8
SAME_SEED = (
    "Looks like an integer as the seed: every call draws the same noise, where a "
    "SeedGenerator gives fresh noise."
)


def normal(rng, *shape):
    """Standard normal numbers, float32."""
    return rng.standard_normal(shape).astype("float32")


def learns(student, target, args, cotangents, **how):
    """`(outputs, gradients)` by `vjp`; tells a function that only NumPy can take.

    Args:
        student: the student.
        target: what is differentiated.
        args: its arguments, arrays.
        cotangents: one for each output.
        **how: `wrt`, as `vjp` takes it.
    """
    try:
        return student.vjp(target, args, cotangents, **how)
    except StudentError as error:
        answer = student.call(target, *args)  # its error, if it has one anyway
        answers = answer if isinstance(answer, list) else [answer]
        for one, cotangent in zip(answers, cotangents, strict=False):
            same_shape(one, cotangent.shape)
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None


def sampled(student, sampler, z_mean, z_log_var):
    """One call of a sampler, as array of the right shape."""
    z = student.call(sampler, z_mean, z_log_var)
    return same_shape(z, z_mean.shape, "z")


@check("Sampler", 4, "Where the variance is next to nothing, z is the mean.")
def _quiet(student, rng):
    z_mean = normal(rng, 5, 2)
    z_log_var = np.full_like(z_mean, QUIET)
    z = sampled(student, student.make("Sampler"), z_mean, z_log_var)
    if np.all(np.abs(z - QUIET) < 20):  # exp(z_mean / 2) is no more than 12
        raise Failed(
            "Looks like the two arguments in the other order: the mean comes first, "
            f"but your z lies around z_log_var = {QUIET:g}.",
            "arguments_swapped",
        )
    off = np.abs(z - z_mean).max()
    if off > 1:
        raise Failed(
            "Looks like z_log_var times the noise: it is a logarithm, and of the "
            "variance, so it must be turned into a standard deviation first. (At "
            f"z_log_var = {QUIET:g} there should be no noise; z is {off:.3g} away "
            "from z_mean.)",
            "log_var_as_std",
        )
    compare(z, z_mean, "z")


def noise_of(student, rng):
    """What is added to the mean in two calls, `(2, ROWS, 3)`, at `LOG_VARS`."""
    sampler = student.make("Sampler")
    z_mean = normal(rng, ROWS, len(LOG_VARS))
    z_log_var = np.broadcast_to(LOG_VARS, z_mean.shape).copy()
    calls = [sampled(student, sampler, z_mean, z_log_var) for _ in range(2)]
    noise = np.stack(calls) - z_mean
    if not np.all(np.isfinite(noise)):
        raise Failed("z should be finite; it is not.")
    if not np.any(np.abs(noise) > 1e-3):
        raise Failed(
            "Looks like z_mean itself: there is no noise, so this is a plain "
            "autoencoder.",
            "no_noise",
        )
    return noise


@check("Sampler", 5, "The noise is normal, and as wide as exp(0.5 * z_log_var).")
def _spread(student, rng):
    noise = noise_of(student, rng)[0]
    one_row = noise.std(axis=0).max() < 1e-3 * np.abs(noise).max()
    if one_row:
        return  # told by `independent`; its spread cannot be known
    # About the known mean, so ROWS squares; a standard deviation's own is 1.1 %.
    std = np.sqrt((noise**2).mean(axis=0))
    right = np.exp(LOG_VARS / 2)
    near = SIGMAS / np.sqrt(2 * ROWS)
    wide = std[-1] / right[-1]
    for slug, variant, sentence in (
        (
            "exp_log_var",
            np.exp(LOG_VARS),
            "Looks like exp(z_log_var) where exp(0.5 * z_log_var) was meant: your "
            f"noise is {wide:.2g} times too wide at z_log_var = {LOG_VARS[-1]:g}.",
        ),
        (
            "log_var_as_std",
            np.abs(LOG_VARS),
            "Looks like z_log_var times the noise: it is a logarithm, and of the "
            "variance, so it must be turned into a standard deviation first.",
        ),
        (
            "uniform_noise",
            right / np.sqrt(3),
            "Looks like uniform noise: it never leaves an interval, and N(0, 1) was "
            f"meant; yours is {wide:.2g} times as wide as it should be.",
        ),
    ):
        if np.all(np.abs(std - variant) <= near * variant + 1e-6):
            raise Failed(sentence, slug)
    if np.any(np.abs(std - right) > near * right):
        raise Failed(
            f"The noise should have the standard deviations {_listed(right)} at "
            f"z_log_var = {_listed(LOG_VARS)}; got {_listed(std)}."
        )
    epsilon = noise / right
    mean, tails = epsilon.mean(axis=0), (epsilon**4).mean()
    if np.any(np.abs(mean) > SIGMAS / np.sqrt(ROWS)):
        raise Failed(
            f"The noise should have the mean 0; its means are {_listed(mean)}."
        )
    # The fourth moment of a normal number is 3, of a uniform one of the same width 1.8;
    # x**4 has the variance 96.
    if abs(tails - 3) > SIGMAS * np.sqrt(96 / epsilon.size):
        slug = "uniform_noise" if tails < 2.2 else ""
        raise Failed(
            "The noise is as wide as it should be, but it isn't normal: its fourth "
            f"moment is {tails:.2g} where N(0, 1) has 3 and uniform noise 1.8.",
            slug,
        )


def _listed(values):
    return ", ".join(f"{value:.3g}" for value in values)


@check("Sampler", 4, "Each row, each dimension and each call has noise of its own.")
def _independent(student, rng):
    first, second = noise_of(student, rng)
    if np.allclose(first, second, 1e-3, 1e-4):
        raise Failed(SAME_SEED, "fixed_seed")
    if first.std(axis=0).max() < 1e-3 * np.abs(first).max():
        raise Failed(
            "Looks like one noise vector for the whole batch: each row needs its own; "
            f"all {ROWS} rows got the same.",
            "same_noise_in_batch",
        )
    columns = np.concatenate([first, second], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        related = np.nan_to_num(np.corrcoef(columns.T), nan=1.0)
        rows = np.nan_to_num(np.corrcoef(first[:-1].T, first[1:].T), nan=1.0)
    num = len(LOG_VARS)
    limit = SIGMAS / np.sqrt(ROWS)  # a correlation's own is 1.6 %
    dimensions = np.abs(related[:num, :num] - np.eye(num)).max()
    if dimensions > limit:
        raise Failed(
            "Looks like one random number a row: each latent dimension needs its own; "
            f"yours have a correlation of {dimensions:.2g}.",
            "same_noise_in_dimensions",
        )
    for what, values in (
        ("two calls", related[:num, num:]),
        ("neighbouring rows", rows[:num, num:]),
    ):
        if np.abs(values).max() > limit:
            raise Failed(
                f"The noise of {what} should have nothing in common; it has a "
                f"correlation of {np.abs(values).max():.2g}."
            )


@check("Sampler", 4, "The gradient reaches z_mean and, by way of the noise, z_log_var.")
def _gradient(student, rng):
    z_mean, z_log_var, cotangent = normal(rng, 3, 4, 2)
    sampler = student.make("Sampler")
    args = [z_mean, z_log_var]
    (z,), slopes = learns(student, sampler, args, [cotangent], wrt=[0, 1])
    if not any(np.any(slope) for slope in slopes):
        raise Failed(
            f"{STOPPED}, and the encoder cannot learn through it.", "stop_gradient"
        )
    compare(slopes[0], cotangent, "the gradient of z_mean")
    right = 0.5 * (np.float64(z) - z_mean) * cotangent
    compare(slopes[1], right, "the gradient of z_log_var (from the noise in z)")


@check("Sampler", 3, "Within a model, each batch gets fresh noise.")
def _in_a_model(student, rng):
    try:
        model = student.functional(student.make("Sampler"), [(2,), (2,)])
        zeros, ones = np.float32(np.zeros((6, 2))), np.float32(np.ones((6, 2)))
        how = {"batch_size": 3, "verbose": 0}
        z = student.call(model, [zeros, ones], method="predict", **how)
    except StudentError as error:
        sampled(student, student.make("Sampler"), *np.zeros((2, 3, 2), "float32"))
        raise Failed(
            "Looks like noise drawn by NumPy: it needs a known batch size and stays "
            "the same in every compiled step, where keras.random does not. "
            f"({error})",
            "numpy_noise",
        ) from None
    z = same_shape(z, zeros.shape, "z")
    if not np.any(z):
        raise Failed("There is no noise in a model's predict: z is z_mean.", "no_noise")
    if np.allclose(z[:3], z[3:]):
        raise Failed(
            "Both batches of a model got the same noise, 6 numbers of 6: it is drawn "
            "once and then stays; a SeedGenerator that belongs to the layer gives "
            "fresh noise in every step.",
            "fixed_seed",
        )
