"""What the two players pay, one number a logit: the adversarial losses side by side.

A logit above 0 says "real".  The discriminator pays `real` for each true picture and
`fake` for each generated one, and the generator pays `generator` for the logits of its
own pictures.  They differ in what is left of the generator's gradient where the
discriminator is sure (a logit far below 0), and in what they minimise where it is at
its best.

Synopsis:

>>> loss = LOSSES["minimax"]
>>> [round(float(x), 4) for x in loss.generator(ops.convert_to_tensor([-9.0, 0.0]))]
[-0.0001, -0.6931]
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops


class AdversarialLoss(NamedTuple):
    """A pair of losses; each function is of logits of any shape, number by number.

    Args:
        real: what the discriminator pays for the logits of true pictures.
        fake: what it pays for those of generated ones.
        generator: what the generator pays for the latter.
    """

    real: Callable
    fake: Callable
    generator: Callable


def minus_log_real(logits):
    """`-log D`, for the probability `D = sigmoid(logit)` that a picture is real."""
    return ops.softplus(-logits)


def minus_log_fake(logits):
    """`-log(1 - D)`."""
    return ops.softplus(logits)


# Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, eq. 1: `log(1 - D)` of its
# pictures is what the generator lowers.  Its gradient vanishes where D is near 0.
MINIMAX = AdversarialLoss(
    minus_log_real, minus_log_fake, lambda logits: -minus_log_fake(logits)
)

# Section 3 of the same paper: it raises `log D` instead.
NON_SATURATING = AdversarialLoss(minus_log_real, minus_log_fake, minus_log_real)

# Mao et al. 2017, https://arxiv.org/abs/1611.04076, eq. 8 (a = -1, b = 1, c = 0).
LEAST_SQUARES = AdversarialLoss(
    lambda logits: 0.5 * ops.square(logits - 1.0),
    lambda logits: 0.5 * ops.square(logits + 1.0),
    lambda logits: 0.5 * ops.square(logits),
)

# Lim & Ye 2017, https://arxiv.org/abs/1705.02894, eq. 4 and 5: nothing to pay for a
# logit that is on its side by 1 or more.
HINGE = AdversarialLoss(
    lambda logits: ops.relu(1.0 - logits),
    lambda logits: ops.relu(1.0 + logits),
    lambda logits: -logits,
)

# Arjovsky et al. 2017, https://arxiv.org/abs/1701.07875, eq. 2 and 3: the logit is a
# score without a zero, and a difference of scores estimates a distance.
WASSERSTEIN = AdversarialLoss(
    lambda logits: -logits, lambda logits: logits, lambda logits: -logits
)

LOSSES = {
    "minimax": MINIMAX,
    "non_saturating": NON_SATURATING,
    "least_squares": LEAST_SQUARES,
    "hinge": HINGE,
    "wasserstein": WASSERSTEIN,
}


def smoothed(loss, smoothing):
    """What the discriminator pays for true pictures, of which some count as generated.

    `(1 - s) real(logit) + s fake(logit)`; for the cross-entropies this is the target
    `1 - s` in the place of 1, which keeps the discriminator from being too sure.

    Args:
        loss: an `AdversarialLoss`.
        smoothing: `s` in [0, 1/2); 0 changes nothing.

    Returns:
        A function of logits.

    Reference:
        Salimans et al. 2016, https://arxiv.org/abs/1606.03498, section 3.4 (one-sided
        label smoothing).
    """
    if not smoothing:
        return loss.real
    return lambda logits: (
        (1.0 - smoothing) * loss.real(logits) + smoothing * loss.fake(logits)
    )
