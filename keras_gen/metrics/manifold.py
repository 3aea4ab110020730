"""Good pictures, or many different ones?  Two figures that a distance mixes into one.

Around each feature vector of a set lies a ball that reaches to its k-th neighbour; all
balls together are the set's manifold.  Precision asks how many generated pictures lie
on that of the real ones, recall how many real ones on that of the generated.

Synopsis:

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> real, collapsed = rng.standard_normal((200, 2)), rng.standard_normal((200, 2)) / 9
>>> found = precision_recall(real, collapsed)
>>> found.precision > 0.9, found.recall < 0.1
(True, True)
"""

from typing import NamedTuple

import numpy as np

from keras_gen.checks import check_positive_integers
from keras_gen.metrics.pairs import blocks, check_features, distances


class PrecisionRecall(NamedTuple):
    """How good, and how varied.

    Args:
        precision: share of the generated pictures on the real manifold, in [0, 1].
        recall: share of the real pictures on the generated manifold, in [0, 1].
    """

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """How good, and how varied; one odd real picture does less harm.

    Args:
        density: in how many real balls a generated picture lies, as a share of k; 1 is
            what real pictures have, and it may be more.
        coverage: share of the real balls that hold a generated picture, in [0, 1].
    """

    density: float
    coverage: float


def precision_recall(real, generated, neighbours=3):
    """Measures precision and recall of generated pictures.

    Args:
        real: features `(n, dim)` of real pictures.
        generated: features `(m, dim)` of generated ones.
        neighbours: k; a ball reaches to the k-th neighbour within its own set.

    Returns:
        `PrecisionRecall`.

    Raises:
        ValueError: for other shapes, features that are not finite, or fewer pictures
            than neighbours.

    Reference:
        Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991, eq. 1 to 3.
    """
    real, generated = _checked(real, generated, neighbours)
    return PrecisionRecall(
        *(
            float(np.mean(_counts(points, centres, neighbours)[0] > 0))
            for points, centres in ((generated, real), (real, generated))
        )
    )


def density_coverage(real, generated, neighbours=5):
    """Measures density and coverage of generated pictures.

    Args:
        real: features `(n, dim)` of real pictures.
        generated: features `(m, dim)` of generated ones.
        neighbours: k; a ball reaches to the k-th neighbour within the real set.

    Returns:
        `DensityCoverage`.

    Raises:
        ValueError: as for `precision_recall`.

    Reference:
        Naeem et al. 2020, https://arxiv.org/abs/2002.09797, eq. 3 and 4.
    """
    real, generated = _checked(real, generated, neighbours)
    balls, filled = _counts(generated, real, neighbours)
    return DensityCoverage(
        float(np.mean(balls) / neighbours), float(np.mean(filled > 0))
    )


def _checked(real, generated, neighbours):
    check_positive_integers(neighbours=neighbours)
    real, generated = check_features(real=real, generated=generated)
    fewest = min(len(real), len(generated))
    if fewest <= neighbours:
        raise ValueError(
            f"neighbours must be fewer than the pictures of each set, {fewest}; got "
            f"{neighbours}."
        )
    return real, generated


def _counts(points, centres, neighbours):
    """In how many balls each point lies, and how many points lie in each ball."""
    radii = _radii(centres, neighbours)
    balls, filled = np.zeros(len(points), int), np.zeros(len(centres), int)
    for rows in blocks(len(points)):
        inside = distances(points[rows], centres) <= radii
        balls[rows] = inside.sum(axis=1)
        filled += inside.sum(axis=0)
    return balls, filled


def _radii(centres, neighbours):
    radii = np.empty(len(centres))
    for rows in blocks(len(centres)):
        # The nearest of all is the centre itself.
        found = distances(centres[rows], centres)
        radii[rows] = np.partition(found, neighbours, axis=1)[:, neighbours]
    return radii
