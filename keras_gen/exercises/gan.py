"""Checks of the set `gan`: losses, label planes, where the penalty is taken."""

from scipy.special import expit, log_expit

from keras_gen.exercises.comparing import compare
from keras_gen.exercises.registry import Checks

checks = Checks("gan")
check = checks.check


def softplus(x):
    """`log(1 + exp(x))`: the cross-entropy of logits `-x` against 1."""
    return -log_expit(-x)


def logits_of(rng, num=6, scale=2.0):
    """Logits `(num, 1)`, float32, as a discriminator gives them."""
    return (scale * rng.standard_normal((num, 1))).astype("float32")


# ----------------------------------------------------------------- discriminator_loss


def of_discriminator(real, fake):
    """Real ones against 1, generated ones against 0; the mean of both means."""
    return (softplus(-real).mean() + softplus(fake).mean()) / 2


def wrong_discriminators(real, fake):
    """What the known mistakes would answer."""
    right = of_discriminator(real, fake)
    p, q = expit(real), expit(fake)
    twice = (softplus(-p).mean() + softplus(q).mean()) / 2
    smooth = (
        0.9 * softplus(-real).mean() + 0.1 * softplus(real).mean()
    ) / 2 + softplus(fake).mean() / 2
    return {
        "swapped_labels": (
            of_discriminator(-real, -fake),
            "Looks like the labels swapped: real pictures are to be told 1, generated "
            "ones 0.",
        ),
        "not_halved": (
            2 * right,
            "Looks like the sum of the two halves where their mean is asked for: the "
            "loss is twice too large.",
        ),
        "summed_over_batch": (
            (softplus(-real).sum() + softplus(fake).sum()) / 2,
            f"Looks like a sum over the batch where a mean is meant: the loss is "
            f"{len(real)} times too large for {len(real)} pictures.",
        ),
        "sigmoid_twice": (
            twice,
            "Looks like a sigmoid on the logits and another inside the cross-entropy: "
            "the loss can then never fall below 0.5.",
        ),
        "smoothed_labels": (
            smooth,
            "Looks like smoothed labels, 0.9 for real pictures; here real is 1.",
        ),
    }


@check(
    "discriminator_loss",
    points=12,
    about="The cross-entropy of random logits is right.",
)
def value(student, rng):
    real, fake = logits_of(rng), logits_of(rng)
    compare(
        student.call("discriminator_loss", real, fake),
        of_discriminator(real, fake),
        "the loss",
        wrong_discriminators(real, fake),
    )
