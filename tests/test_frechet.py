"""The Fréchet distance against closed forms and scipy's matrix root."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from keras_gen.metrics import frechet_distance


def gaussian(num, dim, seed, correlated=True):
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((dim, dim)) if correlated else np.eye(dim)
    return rng.standard_normal((num, dim)) @ mix + rng.standard_normal(dim)


def by_matrix_root(a, b):
    """As it stands in the paper."""
    covariances = [np.cov(x, rowvar=False) for x in (a, b)]
    root = sqrtm(covariances[0] @ covariances[1])
    assert np.abs(np.imag(root)).max() < 1e-6
    means = np.sum((a.mean(0) - b.mean(0)) ** 2)
    return means + np.trace(covariances[0] + covariances[1] - 2 * np.real(root))


@pytest.mark.parametrize(("num_a", "num_b", "dim"), [(50, 80, 2), (200, 90, 24)])
def test_it_is_what_the_paper_says(num_a, num_b, dim):
    a, b = gaussian(num_a, dim, 0), gaussian(num_b, dim, 1)
    assert frechet_distance(a, b) == pytest.approx(by_matrix_root(a, b), rel=1e-9)


def test_of_diagonal_covariances_it_is_that_of_the_deviations():
    """Sum of (mean_a - mean_b)^2 + (deviation_a - deviation_b)^2, axis by axis."""
    corners = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T
    scale_a, scale_b = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 4.0])
    shift = np.array([0.5, -2.0, 7.0])
    found = frechet_distance(corners * scale_a, corners * scale_b + shift)
    deviation = np.sqrt(8 / 7)
    expected = np.sum(shift**2) + np.sum((deviation * (scale_a - scale_b)) ** 2)
    assert found == pytest.approx(expected, rel=1e-12)


def test_of_one_dimension():
    a, b = np.array([[0.0], [1.0], [5.0]]), np.array([[2.0], [2.0], [2.0], [9.0]])
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_of_fewer_pictures_than_features():
    """Singular covariances of one span: the distance is that within the span.

    The matrix root of such a product is lost in rounding; a rotation changes nothing.
    """
    a, b = gaussian(6, 4, 0), gaussian(7, 4, 1)
    expected = frechet_distance(a, b)
    turned = np.linalg.qr(np.random.default_rng(2).standard_normal((300, 300)))[0][:4]
    assert frechet_distance(a @ turned, b @ turned) == pytest.approx(expected, rel=1e-9)
    few = gaussian(3, 300, 0), gaussian(2, 300, 1)
    variances = sum(x.var(axis=0, ddof=1).sum() for x in few)
    means = np.sum((few[0].mean(0) - few[1].mean(0)) ** 2)
    assert means < frechet_distance(*few) < means + variances


def test_of_spans_at_right_angles_nothing_overlaps():
    a, b = np.zeros((5, 6)), np.zeros((9, 6))
    a[:, :3], b[:, 3:] = gaussian(5, 3, 0), gaussian(9, 3, 1)
    variances = sum(x.var(axis=0, ddof=1).sum() for x in (a, b))
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + variances
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_laws():
    a, b = gaussian(300, 12, 0), gaussian(200, 12, 1)
    assert frechet_distance(a, a.copy()) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-12)
    far = frechet_distance(a, b + 1000.0)
    assert far == pytest.approx(np.sum((a.mean(0) - b.mean(0) - 1000.0) ** 2), rel=0.01)
    scaled = frechet_distance(1e-6 * a, 1e-6 * b)
    assert scaled == pytest.approx(1e-12 * frechet_distance(a, b), rel=1e-6)
    order = np.random.default_rng(3).permutation(300)
    assert frechet_distance(a[order], b) == pytest.approx(frechet_distance(a, b))
    constant = np.full((5, 12), 3.0)
    assert frechet_distance(constant, constant) == 0


def test_half_precision_is_taken_as_it_is():
    """Not computed in half precision: its sums would lose their digits."""
    a, b = (gaussian(400, 8, seed).astype("float16") for seed in (0, 1))
    expected = frechet_distance(a.astype("float64"), b.astype("float64"))
    assert frechet_distance(a, b) == expected


@pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [((4, 3), (4, 2)), ((1, 3), (4, 3)), ((4, 3), (1, 3)), ((4,), (4,))],
)
def test_what_cannot_be_compared(shape_a, shape_b):
    with pytest.raises(ValueError, match="n and m at least 2; got") as caught:
        frechet_distance(np.zeros(shape_a), np.zeros(shape_b))
    assert str(shape_a) in str(caught.value) and str(shape_b) in str(caught.value)


def test_features_that_are_not_finite():
    bad = np.array([[0.0], [np.nan]])
    with pytest.raises(ValueError, match="must be finite"):
        frechet_distance(np.zeros((2, 1)), bad)
