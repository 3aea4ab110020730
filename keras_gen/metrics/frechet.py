"""The Fréchet distance of two sets of pictures, by the features of a network.

Synopsis:

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> some, others = rng.standard_normal((2, 500, 8))
>>> frechet_distance(some, others) < 0.2 < frechet_distance(some, others + 1.0)
True
"""

import numpy as np


class Moments:
    """Count, mean and covariance of feature vectors that come batch by batch.

    Features are forgotten once they are counted, so the memory that it takes is that of
    one covariance, however many pictures there are.  Kept is the triangular factor `R`
    of the centred features, with `R^T R` their scatter, in double precision: sound
    also where there are fewer pictures than features, and where the mean is large.

    Example:

    >>> features = np.random.default_rng(0).standard_normal((50, 3))
    >>> moments = Moments()
    >>> for batch in np.split(features, 5):
    ...     moments.update(batch)
    >>> np.allclose(moments.covariance(), np.cov(features, rowvar=False))
    True

    Reference:
        Chan, Golub & LeVeque 1983, https://doi.org/10.2307/2683386, eq. 2.1, with a
        QR factorisation in place of the sums of squares.
    """

    def __init__(self):
        self.count, self.mean, self.factor = 0, None, None

    def update(self, features):
        """Counts a batch.

        Args:
            features: array `(n, dim)`, n at least 1.

        Raises:
            ValueError: for another shape, or features that are not finite.
        """
        features = _checked(features, self.mean)
        count, mean = len(features), features.mean(axis=0)
        rows = features - mean
        if self.count:
            between = np.sqrt(self.count * count / (self.count + count))
            shift = between * (mean - self.mean)
            rows = np.concatenate([self.factor, shift[None], rows])
            mean = self.mean + (mean - self.mean) * count / (self.count + count)
        self.factor = np.linalg.qr(rows, mode="r")
        self.count, self.mean = self.count + count, mean

    def root(self):
        """Gives a matrix R with `R^T R` the covariance, `(at most dim, dim)`."""
        return self.factor / np.sqrt(self.count - 1)

    def covariance(self):
        """Gives the unbiased covariance, `(dim, dim)`."""
        return self.root().T @ self.root()


def _checked(features, mean):
    features = np.asarray(features, "float64")
    dim = "dim" if mean is None else len(mean)
    fits = features.ndim == 2 and len(features) and dim in ("dim", features.shape[1])
    if not fits:
        raise ValueError(
            f"features must have the shape (n, {dim}), n at least 1; got "
            f"{features.shape}."
        )
    if not np.isfinite(features).all():
        raise ValueError("features must be finite; got NaN or inf.")
    return features


def frechet_distance(features_a, features_b):
    """Compares two sets of feature vectors as if each were Gaussian.

    `|mean_a - mean_b|^2 + tr(cov_a + cov_b - 2 (cov_a cov_b)^(1/2))`: 0 for equal
    means and covariances.  Any network may give the features; with those of
    Inception-v3 it is the FID.  Few pictures make it too large, so only distances of
    equally many pictures can be compared.

    No matrix root is taken.  With `cov = R^T R`, the trace of the root is the sum of
    the singular values of `R_a R_b^T`.

    Args:
        features_a: array `(n, dim)`, n at least 2; or `Moments` of so many.
        features_b: array `(m, dim)`, m at least 2; likewise.

    Returns:
        A float, at least 0.

    Raises:
        ValueError: for other shapes, or features that are not finite.

    Example:

    >>> spread = np.array([[-1.0], [1.0]])
    >>> frechet_distance(spread, spread + 3.0), frechet_distance(spread, 2.0 * spread)
    (9.0, 2.0)

    Reference:
        Heusel et al. 2017, https://arxiv.org/abs/1706.08500, eq. 6;
        Dowson & Landau 1982, https://doi.org/10.1016/0047-259X(82)90077-X, eq. 16.
    """
    shapes = [
        (x.count, *np.shape(x.mean)) if isinstance(x, Moments) else np.shape(x)
        for x in (features_a, features_b)
    ]
    two_dimensional = all(len(shape) == 2 and shape[0] > 1 for shape in shapes)
    if not two_dimensional or shapes[0][1] != shapes[1][1]:
        raise ValueError(
            "features_a and features_b must have the shapes (n, dim) and (m, dim), "
            f"n and m at least 2; got {shapes[0]} and {shapes[1]}."
        )
    a, b = map(_moments, (features_a, features_b))
    return between(a.mean, a.root(), b.mean, b.root())


def between(mean_a, root_a, mean_b, root_b):
    """The squared Fréchet distance of two Gaussians.

    Args:
        mean_a: `(dim,)`.
        root_a: `(k, dim)`, with `root_a^T root_a` the covariance.
        mean_b: as `mean_a`.
        root_b: as `root_a`.

    Returns:
        A float, at least 0.
    """
    overlap = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    means = np.sum((mean_a - mean_b) ** 2)
    distance = means + np.sum(root_a**2) + np.sum(root_b**2) - 2.0 * overlap
    return max(float(distance), 0.0)  # rounding can make nothing of it negative


def _moments(features):
    if isinstance(features, Moments):
        return features
    moments = Moments()
    moments.update(features)
    return moments
