"""Checks of the set `metrics`: how good are generated images, by four numbers.

All arguments arrive as NumPy arrays, for NumPy is allowed here.
"""

import numpy as np

from keras_gen.exercises.comparing import array_of, close, compare, same_shape, several
from keras_gen.exercises.metrics_answers import (
    distances,
    of_frechet,
    of_inception,
    of_manifolds,
    of_psnr,
    radii_of,
    wrong_frechets,
    wrong_inceptions,
    wrong_manifolds,
    wrong_psnrs,
)
from keras_gen.exercises.registry import Checks, Failed
from keras_gen.exercises.student import Numpy, StudentError

checks = Checks("metrics")
check = checks.check

FRECHET, SINGULAR = 1e-2, 2e-2  # relative tolerances, of the contract
DIM = 4  # of features
SIZES = 23, 17  # of the clouds of real and generated features
TRIES = 1000  # of a draw; every one below is found within some dozens


def asked(student, name, *args, **kwargs):
    """Calls a name with NumPy arrays."""
    args = [Numpy(one) if isinstance(one, np.ndarray) else one for one in args]
    return student.call(name, *args, **kwargs)


def number(answer, what):
    """An answer that `float` would take, as float."""
    if isinstance(answer, np.ndarray) and answer.size == 1:
        answer = answer.reshape(())
    return float(same_shape(answer, (), what))


def telling(draw, right_of, wrong_of, apart, without=()):
    """Inputs at which all the known mistakes can be told from each other.

    Args:
        draw: function that returns arguments, or None for a bad draw.
        right_of: of the arguments, the right answer.
        wrong_of: of the arguments, the wrong ones, as `compare` takes them.
        apart: relative distance of the answers.
        without: mistakes that answer right here.
    """
    for _ in range(TRIES):
        args = draw()
        if args is None:
            continue
        answers = [one for k, (one, _) in wrong_of(*args).items() if k not in without]
        answers.append(right_of(*args))
        pairs = [(a, b) for i, a in enumerate(answers) for b in answers[:i]]
        if not any(close(a, b, apart, 1e-6) or close(b, a, apart) for a, b in pairs):
            return args
    raise RuntimeError("No draw tells the known mistakes apart.")


# ------------------------------------------------------------------ frechet_distance


def covariance(rng, dim=DIM, samples=DIM + 2):
    """A covariance, as of so many samples: singular where they are few."""
    spread = rng.uniform(0.5, 2.0, dim) * rng.standard_normal((samples, dim))
    mixed = spread @ rng.standard_normal((dim, dim))
    return mixed.T @ mixed / samples


def near_distance(answer, args, tolerance):
    """Compares a distance; hints are looked for more closely than the tolerance."""
    got, right = number(answer, "the distance"), of_frechet(*args)
    if not close(got, right, tolerance, 1e-4 * np.trace(args[1])):
        wrong = {k: v for k, v in wrong_frechets(*args).items() if v[0] >= 0}
        compare(got, right, "the distance", wrong, 1e-4)


@check("frechet_distance", 10, "It is the squared distance of known Gaussians.")
def value(student, rng):
    def draw():
        means = 1.5 * rng.standard_normal((2, DIM))
        covs = [covariance(rng) + 0.1 * np.eye(DIM) for _ in means]
        args = means[0], covs[0], means[1], covs[1]
        return tuple(one.astype("float32") for one in args)

    args = telling(draw, of_frechet, wrong_frechets, 3 * FRECHET)
    near_distance(asked(student, "frechet_distance", *args), args, FRECHET)


@check("frechet_distance", 5, "Only a shift parts a Gaussian from its copy.")
def from_itself(student, rng):
    mean, cov = rng.standard_normal(DIM), covariance(rng) + 0.1 * np.eye(DIM)
    for shift in (0.0, rng.uniform(1.0, 2.0, DIM)):
        args = mean, cov, mean + shift, cov
        near_distance(asked(student, "frechet_distance", *args), args, FRECHET)


@check("frechet_distance", 6, "It is right for covariances without full rank.")
def singular(student, rng):
    covs = [covariance(rng, samples=DIM - 1) for _ in range(2)]
    covs[0][:, 0] = covs[0][0] = 0.0  # a feature that is always the same
    means = rng.standard_normal((2, DIM))
    args = means[0], covs[0], means[1], covs[1]
    near_distance(of_singular(student, args), args, SINGULAR)


@check("frechet_distance", 4, "It is finite and not negative, whatever the rounding.")
def never_negative(student, rng):
    for _ in range(3):  # the sign of a rounding error is a matter of chance
        mean, cov = rng.standard_normal(DIM), covariance(rng, samples=DIM - 1)
        answer = of_singular(student, (mean, cov, mean, cov))
        if answer < 0:
            raise Failed(
                f"A squared distance is not negative; got {answer:.3g}, of a Gaussian "
                "from itself: cut off at 0 what rounding leaves below it.",
                "negative",
            )
        near_distance(answer, (mean, cov, mean, cov), SINGULAR)
    args = mean, cov, mean + rng.uniform(1.0, 2.0, DIM), cov
    near_distance(of_singular(student, args), args, SINGULAR)


def of_singular(student, args):
    """The answer for singular covariances; an error or nan is told what it is."""
    told = (
        "Looks like a step that needs covariances of full rank, such as a Cholesky "
        "factor or an inverse: it fails where a feature never changes, or samples are "
        "few."
    )
    try:
        answer = number(asked(student, "frechet_distance", *args), "the distance")
    except StudentError as error:
        raise Failed(f"{told} ({error})", "fails_on_singular") from None
    if not np.isfinite(answer):
        raise Failed(f"{told} ({answer} came.)", "fails_on_singular")
    return answer


# ------------------------------------------------------------------- inception_score


def probabilities(rng, num=10, classes=5):
    """Rows of probabilities, none of them small."""
    rows = rng.dirichlet(np.ones(classes), num) + 0.02
    return (rows / rows.sum(axis=1, keepdims=True)).astype("float32")


def near_score(student, p):
    """Compares the score."""
    answer = number(asked(student, "inception_score", p), "the score")
    compare(answer, of_inception(p), "the score", wrong_inceptions(p))


@check("inception_score", 12, "It is the score of random probabilities.")
def value_(student, rng):
    draw = lambda: (probabilities(rng),)  # noqa: E731
    near_score(student, *telling(draw, of_inception, wrong_inceptions, 5e-3))


@check("inception_score", 8, "Classes that are certain, or never seen, break nothing.")
def zeros(student, rng):
    sure = np.eye(5, dtype="float32")[rng.permutation(np.arange(10) % 4)]
    mixed = probabilities(rng, 4, 5) * (np.arange(5) < 4)  # the last class is never
    mixed = (mixed / mixed.sum(axis=1, keepdims=True)).astype("float32")
    for p in (sure, np.concatenate([mixed, sure[:6]])):
        answer = number(asked(student, "inception_score", p), "the score")
        if not np.isfinite(answer):
            raise Failed(
                "Looks like 0 * log(0), which is nan in code and 0 in the formula: a "
                "class that an image certainly does not show breaks your score "
                f"({answer} came).",
                "nan_for_zeros",
            )
        compare(answer, of_inception(p), "the score", wrong_inceptions(p))


@check("inception_score", 5, "It is 1 where all images look alike, also for one image.")
def alike(student, rng):
    p = np.repeat(probabilities(rng, 1), 10, axis=0)
    near_score(student, p)
    near_score(student, p[:1])
    near_score(student, probabilities(rng))  # so that not every 1 will do


# ------------------------------------------------------------------ precision_recall


def near_shares(student, real, fake, k=None, wrong=None):
    """Compares precision and recall."""
    more = {} if k is None else {"k": k}
    answer = asked(student, "precision_recall", real, fake, **more)
    if not (isinstance(answer, np.ndarray) and answer.shape == (2,)):
        pair = several(answer, 2, "(precision, recall)")
        answer = np.array([number(one, "each of them") for one in pair])
    k = k or 3
    wrong = wrong or wrong_manifolds(real, fake, k)
    what = "(precision, recall)"
    compare(answer, of_manifolds(real, fake, k), what, wrong, 1e-5)


def clouds(rng, k):
    """Features of which none is at a radius; so in float32 and float64 alike."""

    def draw():
        real, fake = (rng.standard_normal((size, 3)) for size in SIZES)
        real, fake = real.astype("float32"), (1.4 * fake + 0.8).astype("float32")
        for points, centres in ((fake, real), (real, fake)):
            away = distances(points, centres) / radii_of(centres, k)
            if np.abs(away - 1).min() < 1e-4:
                return None
        return real, fake, k

    skipped = ("strictly_inside", "k_ignored") if k == 3 else ("strictly_inside",)
    return telling(draw, of_manifolds, wrong_manifolds, 1e-3, skipped)


@check("precision_recall", 11, "Both shares are right for two random clouds.")
def value__(student, rng):
    real, fake, _ = clouds(rng, 3)
    near_shares(student, real, fake)


@check("precision_recall", 6, "k is the number of neighbours.")
def any_k(student, rng):
    for k in (2, 5):
        near_shares(student, *clouds(rng, k))


@check("precision_recall", 5, "A point at the radius itself is inside.")
def at_the_radius(student, rng):
    def draw():
        # Whole numbers on a line, so that every way to a distance is exact.
        spots = rng.permutation(200)[: sum(SIZES)]
        real, fake = (np.zeros((size, 3), "float32") for size in SIZES)
        real[:, 1], fake[:, 1] = spots[: SIZES[0]], spots[SIZES[0] :]
        strict = wrong_manifolds(real, fake, 2)["strictly_inside"][0]
        apart = np.all(strict != of_manifolds(real, fake, 2))
        return (real, fake, 2) if apart else None

    skipped = ("squared_against_plain", "nearest_ball_only")
    near_shares(student, *telling(draw, of_manifolds, wrong_manifolds, 1e-3, skipped))


@check("precision_recall", 3, "Points that coincide are neighbours of each other.")
def coinciding(student, rng):
    real = np.float32([[0, 0], [0, 0], [4, 0], [4, 0], [9, 0], [9, 0]])
    fake = np.float32([[1, 0], [4, 0], [5, 0], [7, 0]])
    real, fake = rng.permutation(real), rng.permutation(fake)
    wrong = wrong_manifolds(real, fake, 1)
    wrong["only_other_places"] = (
        of_manifolds(np.unique(real, axis=0), fake, 1),
        "Looks like neighbours at distance 0 left out: a point is not its own "
        "neighbour, but another one at the same place is.",
    )
    near_shares(student, real, fake, 1, wrong)


# ------------------------------------------------------------------------------ psnr


def images_and_reconstructions(rng, shape=(4, 3, 5, 3), top=255.0):
    """Images, and the same with noise that grows from image to image and channel."""
    images = rng.uniform(0, top, shape)
    scale = np.linspace(0.02, 0.2, shape[0])[:, None, None, None]
    scale = scale * np.linspace(1.0, 3.0, shape[3]) * top
    noisy = images + scale * rng.standard_normal(shape)
    return images.astype("float32"), noisy.astype("float32")


def near_psnr(student, images, reconstructions, *more, **peak):
    """Compares the values, one an image."""
    answer = asked(student, "psnr", images, reconstructions, **peak)
    args = images, reconstructions, *peak.values()
    compare(values_of(answer, len(images)), of_psnr(*args), "psnr", wrong_psnrs(*args))


def values_of(answer, num):
    """The values as array; one number for a batch is told what it is."""
    if isinstance(answer, list | tuple):
        answer = np.array([number(one, "each value") for one in answer])
    answer = array_of(answer, "psnr")
    if answer.shape == () and num > 1:
        raise Failed(
            f"Looks like one error for the whole batch: {num} images have a value "
            "each; got one number.",
            "over_the_batch",
        )
    return answer


@check("psnr", 9, "Each image gets its own value, over all its pixels and channels.")
def value___(student, rng):
    near_psnr(student, *images_and_reconstructions(rng))


@check("psnr", 5, "max_value is the peak.")
def max_value(student, rng):
    for peak in (1.0, 2.0):
        pair = images_and_reconstructions(rng, top=peak)
        near_psnr(student, *pair, max_value=peak)


@check("psnr", 6, "Equal images get infinity, and the others their value.")
def equal(student, rng):
    images, reconstructions = images_and_reconstructions(rng)
    same = rng.permutation([True, False, True, False])
    reconstructions[same] = images[same]
    answer = values_of(asked(student, "psnr", images, reconstructions), 4)
    right = of_psnr(images, reconstructions)
    answer = same_shape(answer, right.shape, "psnr")
    compare(answer[~same], right[~same], "psnr of the images that differ")
    if np.isfinite(answer[same]).all():
        raise Failed(
            "Looks like a small number added to the error, or a bound: equal images "
            f"get {answer[same].max():.0f} dB where infinity was meant.",
            "finite_where_equal",
        )
    if not (answer[same] == np.inf).all():
        raise Failed(f"Equal images should get inf; got {answer[same][0]}.")


@check("psnr", 5, "One image, one channel: still a value an image.")
def any_size(student, rng):
    near_psnr(student, *images_and_reconstructions(rng, (1, 2, 4, 1)))
