"""What the names of the set `metrics` answer, and what their known mistakes would.

Closed forms in float64.  Each `wrong_...` is a dict, short name of a mistake to
`(its answer, sentence)`, as `compare` takes it.
"""

import numpy as np

# ------------------------------------------------------------------ frechet_distance


def root_of(cov):
    """The symmetric root of a covariance, which may be singular."""
    values, vectors = np.linalg.eigh(np.asarray(cov, "float64"))
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def of_frechet(mean1, cov1, mean2, cov2):
    """The squared distance."""
    means, spread, overlap = frechet_parts(mean1, cov1, mean2, cov2)
    return max(means + spread - 2 * overlap, 0.0)


def frechet_parts(mean1, cov1, mean2, cov2):
    """Squared distance of the means; sum of the traces; trace of the product's root."""
    means = ((np.float64(mean1) - np.float64(mean2)) ** 2).sum()
    spread = np.trace(np.float64(cov1)) + np.trace(np.float64(cov2))
    return means, spread, np.linalg.norm(root_of(cov1) @ root_of(cov2), ord="nuc")


def wrong_frechets(mean1, cov1, mean2, cov2):
    """What the known mistakes would answer."""
    means, spread, overlap = frechet_parts(mean1, cov1, mean2, cov2)
    cov1, cov2 = np.float64(cov1), np.float64(cov2)
    squared = of_frechet(mean1, cov1, mean2, cov2)
    roots = [np.sqrt(np.diag(cov)) for cov in (cov1, cov2)]
    elementwise = np.sqrt(np.abs(np.diag(cov1 @ cov2))).sum()
    return {
        "means_only": (
            means,
            "Looks like the distance of the means alone: two clouds with the same "
            "centre and other widths get 0.",
        ),
        "cross_term_once": (
            means + spread - overlap,
            "Looks like the trace of the root subtracted once: its factor 2 is "
            f"missing, so a distance from itself is {np.trace(cov1):.3g} and not 0.",
        ),
        "root_of_distance": (
            np.sqrt(squared),
            "Looks like the distance, not its square: the two agree only at 0 and 1.",
        ),
        "means_not_squared": (
            np.sqrt(means) + spread - 2 * overlap,
            "Looks like the length of the difference of the means: the squared length "
            "was meant.",
        ),
        "product_of_roots": (
            means + spread - 2 * np.trace(root_of(cov1) @ root_of(cov2)),
            "Looks like the root of each covariance and then the product: this is the "
            "root of the product only where the two commute.",
        ),
        "elementwise_root": (
            max(means + spread - 2 * elementwise, 0.0),
            "Looks like np.sqrt, which takes the root of each number: the root of a "
            "matrix is another matrix, whose square it is.",
        ),
        "diagonal_only": (
            means + ((roots[0] - roots[1]) ** 2).sum(),
            "Looks like the variances alone: how the dimensions vary together, off "
            "the covariances' diagonal, is lost.",
        ),
    }


# ------------------------------------------------------------------- inception_score


def divergence(p, q):
    """`p log(p / q)`, 0 where p is."""
    p, q = np.broadcast_arrays(np.float64(p), np.float64(q))
    safe = p > 0
    return np.where(safe, p * np.log(np.where(safe, p, 1) / np.where(safe, q, 1)), 0)


def of_inception(p):
    """The exponential of the mean divergence."""
    return np.exp(divergence(p, np.float64(p).mean(axis=0)).sum(axis=1).mean())


def wrong_inceptions(p):
    """What the known mistakes would answer."""
    p = np.float64(p)
    each = divergence(p, p.mean(axis=0)).sum(axis=1)
    clipped = np.clip(p, 1e-12, 1.0)
    marginal = clipped.mean(axis=0)
    across = divergence(p, p.mean(axis=1, keepdims=True)).sum(axis=1)
    with np.errstate(over="ignore"):
        return {
            "no_exp": (
                each.mean(),
                "Looks like the mean divergence itself: the score is its exponential, "
                "at least 1.",
            ),
            "mean_of_exponentials": (
                np.exp(each).mean(),
                "Looks like the mean of the exponentials: the mean comes first, then "
                "one exponential.",
            ),
            "mean_over_classes": (
                np.exp(each.mean() / p.shape[1]),
                "Looks like a mean over the classes where a sum was meant: your "
                f"exponent is {p.shape[1]} times too small for {p.shape[1]} classes.",
            ),
            "sum_over_images": (
                np.exp(each.sum()),
                "Looks like a sum over the images where their mean was meant: your "
                "score explodes with the number of images.",
            ),
            "log2": (
                np.exp(each.mean() / np.log(2)),
                "Looks like log2 together with exp: nats go with exp, bits with a "
                f"power of 2; your exponent is {1 / np.log(2):.2f} times too large.",
            ),
            "kl_reversed": (
                np.exp(divergence(marginal, clipped).sum(axis=1).mean()),
                "Looks like the divergence with its two sides swapped: each image's "
                "classes are to be compared with the marginal, weighted by the "
                "image's own probabilities.",
            ),
            "wrong_axis": (
                np.exp(across.mean()),
                "Looks like a mean over the classes of each image, which is always "
                "one over their number: the marginal is the mean over the images.",
            ),
        }


# ------------------------------------------------------------------ precision_recall


def distances(a, b):
    """The distance of each row of a from each of b."""
    return np.sqrt(((np.float64(a)[:, None] - np.float64(b)[None]) ** 2).sum(axis=-1))


def radii_of(centres, k):
    """How far each one's k-th neighbour is, itself left out."""
    return np.sort(distances(centres, centres), axis=1)[:, k]


def both_ways(share, real, fake):
    """A share of fakes among reals, and of reals among fakes."""
    return np.array([share(fake, real), share(real, fake)])


def of_manifolds(real, fake, k):
    """Precision and recall."""

    def share(points, centres):
        return (distances(points, centres) <= radii_of(centres, k)).any(axis=1).mean()

    return both_ways(share, real, fake)


def wrong_manifolds(real, fake, k):
    """What the known mistakes would answer."""

    def with_own_radii(points, centres):
        inside = distances(points, centres) <= radii_of(points, k)[:, None]
        return inside.any(axis=1).mean()

    def balls(points, centres):
        return (distances(points, centres) <= radii_of(centres, k)).any(axis=0).mean()

    def nearest(points, centres):
        apart = distances(points, centres)
        return (apart.min(1) <= radii_of(centres, k)[apart.argmin(1)]).mean()

    def squared(points, centres):
        inside = distances(points, centres) ** 2 <= radii_of(centres, k)
        return inside.any(axis=1).mean()

    def strictly(points, centres):
        return (distances(points, centres) < radii_of(centres, k)).any(axis=1).mean()

    return {
        "swapped": (
            of_manifolds(real, fake, k)[::-1],
            "Looks like recall in the place of precision: precision asks how many of "
            "the fakes lie among the reals.",
        ),
        "own_neighbour": (
            of_manifolds(real, fake, k - 1),
            "Looks like points that count as their own first neighbour: your radii "
            "reach to the (k - 1)-th neighbour.",
        ),
        "k_ignored": (
            of_manifolds(real, fake, 3),
            "Looks like 3 neighbours whatever k is.",
        ),
        "own_radii": (
            both_ways(with_own_radii, real, fake),
            "Looks like the radii of the wrong set: for precision the balls are those "
            "around the real points.",
        ),
        "share_of_balls": (
            both_ways(balls, real, fake),
            "Looks like the share of balls that hold a point: the share of points "
            "that lie in a ball was meant.",
        ),
        "nearest_ball_only": (
            both_ways(nearest, real, fake),
            "Looks like a look at the nearest centre's ball alone: a wider ball of "
            "another centre may hold the point.",
        ),
        "squared_against_plain": (
            both_ways(squared, real, fake),
            "Looks like squared distances compared with radii that are not squared: "
            "square both or neither.",
        ),
        "strictly_inside": (
            both_ways(strictly, real, fake),
            "Looks like distance < radius: a point at the radius is inside, too.",
        ),
    }


# ------------------------------------------------------------------------------ psnr


def of_psnr(images, reconstructions, max_value=255.0):
    """A value an image, in dB."""
    error = np.float64(images) - np.float64(reconstructions)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(max_value**2 / (error**2).mean(axis=(1, 2, 3)))


def wrong_psnrs(images, reconstructions, max_value=255.0):
    """What the known mistakes would answer."""
    error = np.float64(images) - np.float64(reconstructions)
    mse, channels = (error**2).mean(axis=(1, 2, 3)), (error**2).mean(axis=(1, 2))
    right = of_psnr(images, reconstructions, max_value)
    ratio, num = max_value**2 / mse, images.shape[-1]
    return {
        "max_value_ignored": (
            10 * np.log10(255.0**2 / mse),
            "Looks like 255 as the peak whatever max_value is: images in [0, 1] come "
            f"out {20 * np.log10(255):.1f} dB too high.",
        ),
        "natural_log": (
            10 * np.log(ratio),
            "Looks like the natural logarithm: decibels take log10, so your values "
            f"are {np.log(10):.2f} times too large.",
        ),
        "twenty": (
            2 * right,
            "Looks like 20 times the logarithm of a ratio of squares: 20 goes with "
            "the ratio itself, so your values are twice too large.",
        ),
        "peak_not_squared": (
            10 * np.log10(max_value / mse),
            "Looks like the peak over the squared error: the peak must be squared as "
            "well, or the root of the error taken.",
        ),
        "absolute_error": (
            20 * np.log10(max_value / np.abs(error).mean(axis=(1, 2, 3))),
            "Looks like the mean absolute error: the peak is compared with the mean "
            "squared error.",
        ),
        "over_the_batch": (
            np.full(len(mse), 10 * np.log10(max_value**2 / mse.mean())),
            "Looks like one error for the whole batch: each image has a value of its "
            "own.",
        ),
        "per_channel": (
            10 * np.log10(max_value**2 / channels),
            f"Looks like a mean over height and width only: {num} values came an "
            "image, one a channel.",
        ),
        "mean_of_channels": (
            (10 * np.log10(max_value**2 / channels)).mean(axis=-1),
            "Looks like the mean of the channels' own values: the error is averaged "
            "over all axes first, the logarithm comes last.",
        ),
    }
