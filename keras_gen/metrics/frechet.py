"""The Fréchet distance of two sets of pictures, by the features of a network.

Synopsis:

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> some, others = rng.standard_normal((2, 500, 8))
>>> frechet_distance(some, others) < 0.2 < frechet_distance(some, others + 1.0)
True
"""

import keras
import numpy as np

from keras_gen.data.flowers import ATTRIBUTES


def frechet_distance(features_a, features_b):
    """Compares two sets of feature vectors as if each were Gaussian.

    `|mean_a - mean_b|^2 + tr(cov_a + cov_b - 2 (cov_a cov_b)^(1/2))`: 0 for equal
    means and covariances.  Any network may give the features; with those of
    Inception-v3 it is the FID.  Few pictures make it too large, so only distances of
    equally many pictures can be compared.

    No matrix root is taken.  With `cov = R^T R`, where `R` is the triangular factor of
    the centred features, the trace of the root is the sum of the singular values of
    `R_a R_b^T`: sound also where there are fewer pictures than features.

    Args:
        features_a: array `(n, dim)`, n at least 2.
        features_b: array `(m, dim)`, m at least 2.

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
    a, b = (np.asarray(x, "float64") for x in (features_a, features_b))
    if (
        a.ndim != 2
        or b.ndim != 2
        or a.shape[1] != b.shape[1]
        or min(len(a), len(b)) < 2
    ):
        raise ValueError(
            "features_a and features_b must have the shapes (n, dim) and (m, dim), "
            f"n and m at least 2; got {a.shape} and {b.shape}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("features_a and features_b must be finite; got NaN or inf.")
    means = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    root_a, root_b = _root(a), _root(b)
    overlap = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    distance = means + np.sum(root_a**2) + np.sum(root_b**2) - 2.0 * overlap
    return max(float(distance), 0.0)  # rounding can make nothing of it negative


def _root(features):
    """A matrix R with `R^T R` the covariance of the features."""
    centred = features - features.mean(axis=0)
    return np.linalg.qr(centred, mode="r") / np.sqrt(len(features) - 1)


def reader_features(reader, images, batch_size=256):
    """Gives what a trained attribute reader knows of each picture.

    That is what enters its last layers, one for each attribute: the vector from which
    every attribute is read.

    Args:
        reader: a trained network as `build_attribute_reader` makes it.
        images: uint8 `(n, height, width, 3)`, of the reader's size.
        batch_size: pictures a step.

    Returns:
        float32 array `(n, dim)`.

    Raises:
        ValueError: if the network has no layer for each attribute.
    """
    heads = [layer for layer in reader.layers if layer.name in ATTRIBUTES]
    if len(heads) != len(ATTRIBUTES):
        raise ValueError(
            "reader must have one last layer for each attribute "
            f"({', '.join(ATTRIBUTES)}); got {reader.name} with "
            f"{', '.join(layer.name for layer in heads) or 'none of them'}."
        )
    entering = {id(head.input): head.input for head in heads}  # mostly one and the same
    network = keras.Model(reader.inputs, list(entering.values()))
    found = network.predict(images, batch_size=batch_size, verbose=0)
    found = found if isinstance(found, list) else [found]
    return np.concatenate([x.reshape(len(x), -1) for x in found], axis=1)
