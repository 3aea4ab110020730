"""Checks of the set `gan`: the three losses."""

import numpy as np
from scipy.special import expit, log_expit

from keras_gen.exercises.comparing import compare, same_shape, several, slopes
from keras_gen.exercises.registry import Checks, Failed
from keras_gen.exercises.student import StudentError

checks = Checks("gan")
check = checks.check

NUM = 6  # logits in a batch
LARGE = np.array([[90.0], [-200.0]], "float32")  # whose sigmoid rounds to 1 and 0
NO_GRADIENT = "The number is right, but nothing can be learned from it"
NUMPY = (
    "Looks like a step through NumPy: it gives the right number, but no gradient comes "
    "back through it; take keras.ops throughout."
)
STOPPED = (
    "Looks like a stop_gradient: the number is right, but the gradient is 0 everywhere."
)


def softplus(x):
    """`log(1 + exp(x))`: the cross-entropy of logits `-x` against 1."""
    return -log_expit(-np.asarray(x, "float64"))


LOWEST = float(softplus(-1.0) + softplus(0.0)) / 2  # of sigmoids instead of logits


def logits_of(rng, num=NUM):
    """Logits `(num, 1)`, float32, as a discriminator gives them."""
    return (2.0 * rng.standard_normal((num, 1))).astype("float32")


def scalar(answer, expected, what, wrong):
    """Compares a loss that must be a single number."""
    compare(same_shape(answer, (), what), expected, what, wrong)


def learns(student, name, args, expected, what, wrong=None, outputs=1):
    """Compares the gradients of the sum of what a name returns.

    Args:
        student: the student.
        name: of the exercise.
        args: its arguments, arrays.
        expected: for each argument its gradient.
        what: what the gradient is of.
        wrong: as for `compare`.
        outputs: how many numbers it returns.
    """
    cotangents = [np.float32(1 + i) for i in range(outputs)]
    cotangents = [np.asarray(one, "float32") for one in cotangents]
    try:
        _, slope = student.vjp(name, args, cotangents, wrt=list(range(len(args))))
    except StudentError as error:
        student.call(name, *args)  # its error, if it has one anyway
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    if not any(np.any(one) for one in slope):
        raise Failed(STOPPED, "stop_gradient")
    for number, (got, right) in enumerate(zip(slope, expected, strict=True)):
        told = {k: (v[0][number], v[1]) for k, v in (wrong or {}).items()}
        compare(got, right, f"the gradient of {what}", told)


# ---------------------------------------------------------------- discriminator_loss


def of_discriminator(real, fake):
    """Real ones against 1, generated ones against 0; the mean of both means."""
    return (softplus(-real).mean() + softplus(fake).mean()) / 2


def wrong_discriminators(real, fake):
    """What the known mistakes would answer."""
    p, q = expit(np.float64(real)), expit(np.float64(fake))
    smooth = 0.9 * softplus(-real).mean() + 0.1 * softplus(real).mean()
    # As Keras clips probabilities, in float32.
    clipped = [np.clip(x, np.float32(1e-7), np.float32(1 - 1e-7)) for x in (real, fake)]
    return {
        "swapped_labels": (
            of_discriminator(-real, -fake),
            "Looks like the labels swapped: a discriminator that is right pays most.",
        ),
        "not_halved": (
            2 * of_discriminator(real, fake),
            "Looks like the sum of the two halves where their mean was meant: your "
            "loss is 2 times too large.",
        ),
        "summed_over_batch": (
            (softplus(-real).sum() + softplus(fake).sum()) / 2,
            "Looks like a sum over the batch where a mean was meant: your loss is "
            f"{len(real)} times too large for a batch of {len(real)}.",
        ),
        "sigmoid_twice": (
            of_discriminator(p, q),
            "Looks like a sigmoid before a loss that takes logits, so that it is "
            f"applied twice: your loss can't fall below {LOWEST:.2f}.",
        ),
        "smoothed_labels": (
            (smooth + softplus(fake).mean()) / 2,
            "Looks like smoothed labels, 0.9 instead of 1 for real images: a trick, "
            "but not what was asked for.",
        ),
        "logits_as_probabilities": (
            -(np.log(clipped[0]).mean() + np.log(1 - clipped[1]).mean()) / 2,
            "Looks like logits given to a loss that takes probabilities: from_logits "
            "is missing.",
        ),
    }


@check("discriminator_loss", 9, "It is the mean cross-entropy of random logits.")
def value(student, rng):
    real, fake = logits_of(rng), logits_of(rng)
    answer = student.call("discriminator_loss", real, fake)
    wrong = wrong_discriminators(real, fake)
    scalar(answer, of_discriminator(real, fake), "the loss", wrong)


@check("discriminator_loss", 4, "Halves of different sizes count the same.")
def unequal_halves(student, rng):
    real, fake = logits_of(rng, 2), logits_of(rng, NUM)
    answer = student.call("discriminator_loss", real, fake)
    wrong = wrong_discriminators(real, fake)
    scalar(answer, of_discriminator(real, fake), "the loss", wrong)


@check("discriminator_loss", 5, "It stays finite and right for large logits.")
def large_logits(student, rng):
    real, fake = rng.permutation(LARGE), rng.permutation(LARGE)
    answer = same_shape(student.call("discriminator_loss", real, fake), (), "the loss")
    right = of_discriminator(real, fake)
    if not np.isfinite(answer) or answer < right / 2:
        raise Failed(
            "Looks like log(sigmoid(x)) in two steps: the sigmoid rounds to 0 or 1 for "
            f"large logits, and the loss becomes {float(answer):.4g} instead of "
            f"{right:.4g}.",
            "log_of_sigmoid",
        )
    scalar(answer, right, "the loss", wrong_discriminators(real, fake))


@check("discriminator_loss", 7, "Its gradient reaches both kinds of logits.")
def gradient(student, rng):
    args = logits_of(rng), logits_of(rng)
    expected = [slopes(of_discriminator, args, i) for i in (0, 1)]
    learns(student, "discriminator_loss", args, expected, "the loss")


# -------------------------------------------------------------------- generator_loss


def of_generator(fake):
    """Non-saturating: the fakes against 1."""
    return softplus(-np.asarray(fake)).mean()


def wrong_generators(fake):
    """What the known mistakes would answer."""
    return {
        "against_zero": (
            softplus(fake).mean(),
            "Looks like the fakes against the label 0: this teaches the generator to "
            "be found out.",
        ),
        "minimax": (
            -softplus(fake).mean(),
            "Looks like the minimax loss log(1 - D): it has next to no gradient where "
            "the discriminator is sure, at the beginning.",
        ),
        "sign": (
            -of_generator(fake),
            "Looks like the right loss with the wrong sign: minimising it makes the "
            "fakes worse.",
        ),
        "sigmoid_twice": (
            of_generator(expit(np.float64(fake))),
            "Looks like a sigmoid before a loss that takes logits, so that it is "
            f"applied twice: your loss can't fall below {softplus(-1.0):.2f}.",
        ),
        "summed": (
            softplus(-fake).sum(),
            "Looks like a sum over the batch where a mean was meant: your loss is "
            f"{len(fake)} times too large for a batch of {len(fake)}.",
        ),
    }


@check("generator_loss", 9, "It is the cross-entropy of the fakes against 1.")
def value_(student, rng):
    fake = logits_of(rng)
    answer = student.call("generator_loss", fake)
    scalar(answer, of_generator(fake), "the loss", wrong_generators(fake))


@check("generator_loss", 4, "It stays finite and right for large logits.")
def large_logits_(student, rng):
    answer = student.call("generator_loss", LARGE)
    scalar(answer, of_generator(LARGE), "the loss", wrong_generators(LARGE))


@check("generator_loss", 7, "Its gradient reaches the logits.")
def gradient_(student, rng):
    args = [logits_of(rng)]
    learns(student, "generator_loss", args, [slopes(of_generator, args, 0)], "the loss")


# ---------------------------------------------------------------- wasserstein_losses


def of_critic(real, fake):
    """`(critic_loss, generator_loss)`."""
    return np.array([fake.mean() - real.mean(), -fake.mean()], "float64")


def wrong_critics(real, fake):
    """What the known mistakes would answer, both losses."""
    critic, generator = of_critic(real, fake)
    p, q = expit(np.float64(real)), expit(np.float64(fake))
    return {
        "critic_sign": (
            [-critic, generator],
            "Looks like mean(real) - mean(fake) for the critic, which is what it "
            "should make large: a loss is minimised.",
        ),
        "generator_sign": (
            [critic, -generator],
            "Looks like mean(fake) for the generator: minimising it lowers the "
            "critic's score of its images.",
        ),
        "swapped_order": (
            [generator, critic],
            "Looks like (generator_loss, critic_loss): both are right, but in the "
            "other order.",
        ),
        "absolute": (
            [-abs(critic), generator],
            "Looks like the distance between the two means without its sign: a critic "
            "that has them the wrong way round is not told so.",
        ),
        "sigmoid": (
            [q.mean() - p.mean(), -q.mean()],
            "Looks like a sigmoid on the scores: a critic's scores are no "
            "probabilities, and have no bounds.",
        ),
        "cross_entropy": (
            [of_discriminator(real, fake), of_generator(fake)],
            "Looks like the cross-entropy losses of an ordinary GAN: a Wasserstein "
            "critic has scores, and its loss is a difference of means.",
        ),
    }


def both_losses(answer):
    """The pair as one array of two numbers."""
    pair = several(answer, 2, "(critic_loss, generator_loss)")
    return np.array([same_shape(one, (), "each loss") for one in pair])


@check("wasserstein_losses", 14, "Both losses are right, also of a critic that errs.")
def value__(student, rng):
    batches = [(logits_of(rng) + up, logits_of(rng, 4) - up) for up in (3, -3)]
    batches = [tuple(one.astype("float32") for one in batch) for batch in batches]
    answer = [both_losses(student.call("wasserstein_losses", *b)) for b in batches]
    told = [wrong_critics(*batch) for batch in batches]
    wrong = {
        name: ([np.array(one[name][0]) for one in told], sentence)
        for name, (_, sentence) in told[0].items()
    }
    right = [of_critic(*batch) for batch in batches]
    compare(np.array(answer), right, "the losses", wrong)


@check("wasserstein_losses", 6, "The gradients reach the scores.")
def gradient__(student, rng):
    args = logits_of(rng), logits_of(rng)
    weights = np.array([1.0, 2.0])  # of the two losses, as in `learns`
    expected = [slopes(lambda *x: of_critic(*x) @ weights, args, i) for i in (0, 1)]
    learns(student, "wasserstein_losses", args, expected, "the losses", outputs=2)
