"""Measures of sets of features and of pairs of pictures: closed forms, other libraries.

`benchmarks/measures.py` compares them with other projects' implementations.
"""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist, pdist
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from keras_gen.data import flowers
from keras_gen.metrics import (
    Moments,
    bootstrap_interval,
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    mean_pairwise_distance,
    pairs,
    precision_recall,
    psnr,
    ssim,
    vendi_score,
)


def gaussian(num, dim, seed, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).standard_normal((num, dim))


@pytest.fixture
def small_blocks(monkeypatch):
    """Several blocks, the last of them not full."""
    monkeypatch.setattr(pairs, "BLOCK", 16)


# ---------------------------------------------------------------- moments, Fréchet


@pytest.mark.parametrize("sizes", [(50,), (1, 49), (7, 13, 1, 29), (2, 3)])
def test_moments_of_batches_are_those_of_all(sizes):
    features = gaussian(sum(sizes), 6, 0, shift=1e4) @ gaussian(6, 6, 1)
    moments = Moments()
    for batch in np.split(features, np.cumsum(sizes)[:-1]):
        moments.update(batch.astype("float64"))
    assert moments.count == len(features)
    np.testing.assert_allclose(moments.mean, features.mean(axis=0), rtol=1e-12)
    expected = np.cov(features, rowvar=False)
    np.testing.assert_allclose(moments.covariance(), expected, rtol=1e-6, atol=1e-6)


def test_moments_give_the_distance_of_the_features():
    a, b = gaussian(300, 12, 0), gaussian(200, 12, 1, shift=0.3)
    moments = Moments(), Moments()
    for each, features in zip(moments, (a, b), strict=True):
        for batch in np.array_split(features, 7):
            each.update(batch)
    expected = frechet_distance(a, b)
    assert frechet_distance(*moments) == pytest.approx(expected, rel=1e-10)
    assert frechet_distance(a, moments[1]) == pytest.approx(expected, rel=1e-10)


def test_moments_keep_no_more_than_one_covariance():
    moments = Moments()
    for seed in range(20):
        moments.update(gaussian(100, 5, seed))
    assert moments.factor.shape == (5, 5)


def test_moments_say_what_they_cannot_count():
    moments = Moments()
    with pytest.raises(ValueError, match=r"shape \(n, dim\), n at least 1; got \(3,\)"):
        moments.update(np.zeros(3))
    moments.update(np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"shape \(n, 3\).*got \(4, 2\)"):
        moments.update(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="finite"):
        moments.update(np.full((4, 3), np.inf))
    with pytest.raises(ValueError, match=r"got \(1, 3\) and \(4, 3\)"):
        frechet_distance(moments, np.zeros((4, 3)))


# -------------------------------------------------------------------------- kernel


@pytest.mark.usefixtures("small_blocks")
def test_kernel_distance_is_the_unbiased_estimate():
    a, b = gaussian(40, 7, 0), gaussian(35, 7, 1, shift=0.5)

    def mean_of_pairs(x, y):
        kernel = polynomial_kernel(x, y, degree=3, gamma=1 / 7, coef0=1)
        if x is y:
            return (kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1))
        return kernel.mean()

    expected = mean_of_pairs(a, a) + mean_of_pairs(b, b) - 2 * mean_of_pairs(a, b)
    assert kernel_distance(a, b) == pytest.approx(expected, rel=1e-10)


def test_kernel_distance_has_no_bias():
    found = [
        kernel_distance(gaussian(10, 4, 2 * i), gaussian(10, 4, 2 * i + 1))
        for i in range(400)
    ]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error


# ------------------------------------------------------------------------ manifold


def by_neighbours(real, generated, k):
    """Precision, recall, density, coverage of scikit-learn's neighbours."""

    def inside(points, centres):
        near = NearestNeighbors(n_neighbors=k + 1).fit(centres).kneighbors(centres)[0]
        return cdist(points, centres) <= near[:, -1]

    balls = inside(generated, real)
    return (
        balls.any(axis=1).mean(),
        inside(real, generated).any(axis=1).mean(),
        balls.sum() / k / len(generated),
        balls.any(axis=0).mean(),
    )


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("k", [1, 3, 5])
def test_manifold_is_that_of_scikit_learn_s_neighbours(k):
    real, generated = gaussian(60, 3, 0), gaussian(45, 3, 1, shift=0.5, scale=0.7)
    found = precision_recall(real, generated, k) + density_coverage(real, generated, k)
    np.testing.assert_allclose(found, by_neighbours(real, generated, k), rtol=1e-12)


def test_manifold_of_what_collapsed_and_of_what_is_far():
    real = gaussian(300, 2, 0)
    collapsed = np.repeat(real[:1], 300, axis=0) + gaussian(300, 2, 1, scale=1e-6)
    found = precision_recall(real, collapsed)
    assert found.precision == 1.0 and found.recall < 0.05
    assert density_coverage(real, collapsed).coverage < 0.1
    far = real + 100.0
    assert precision_recall(real, far) == (0.0, 0.0)
    assert density_coverage(real, far) == (0.0, 0.0)
    assert precision_recall(real, real) == (1.0, 1.0)


def test_density_of_real_pictures_is_one():
    """In expectation, whatever the distribution."""
    found = [
        density_coverage(gaussian(200, 4, 2 * i), gaussian(200, 4, 2 * i + 1)).density
        for i in range(20)
    ]
    assert np.mean(found) == pytest.approx(1.0, abs=3 * np.std(found) / np.sqrt(20))


# ------------------------------------------------------------------ Inception Score


def test_inception_score():
    p = np.random.default_rng(0).dirichlet(np.ones(6), 50)
    mean = p.mean(axis=0)
    expected = np.exp(np.mean(np.sum(p * (np.log(p) - np.log(mean)), axis=1)))
    assert inception_score(p) == pytest.approx(expected, rel=1e-12)
    assert inception_score(np.repeat(np.eye(4), [1, 1, 1, 5], axis=0)) < 4
    assert inception_score(np.tile([1.0, 0, 0], (9, 1))) == 1.0


@pytest.mark.parametrize("bad", [np.ones((3, 2)), np.zeros(3), [[1.5, -0.5]]])
def test_inception_score_of_no_probabilities(bad):
    with pytest.raises(ValueError, match="probabilities must"):
        inception_score(bad)


# ------------------------------------------------------------------ reconstructions


def test_psnr():
    images = flowers(3, seed=0).images
    others = np.clip(images.astype(int) + [[[[5]]], [[[0]]], [[[60]]]], 0, 255)
    found = psnr(images, others.astype("uint8"))
    errors = np.mean((images.astype(float) - others) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found[[0, 2]], -10 * np.log10(errors[[0, 2]] / 255**2))
    assert found[1] == np.inf


@pytest.mark.parametrize("shape", [(11, 11, 1), (17, 12, 3)])
def test_ssim_is_that_of_gaussian_windows(shape):
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (2, *shape), dtype="uint8")
    b = np.clip(a + rng.integers(-40, 40, a.shape), 0, 255).astype("uint8")

    def of_channel(x, y):
        def local(z):
            return gaussian_filter(z, 1.5, truncate=3.5)[5:-5, 5:-5]

        x, y = x.astype(float), y.astype(float)
        mx, my = local(x), local(y)
        vx, vy = local(x * x) - mx**2, local(y * y) - my**2
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        top = (2 * mx * my + c1) * (2 * (local(x * y) - mx * my) + c2)
        return np.mean(top / ((mx**2 + my**2 + c1) * (vx + vy + c2)))

    expected = [
        np.mean([of_channel(x[..., c], y[..., c]) for c in range(shape[-1])])
        for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(ssim(a, b), expected, rtol=1e-9)


def test_pictures_that_cannot_be_compared():
    with pytest.raises(ValueError, match=r"one shape .*got \(1, 4, 4, 3\) and"):
        psnr(np.zeros((1, 4, 4, 3)), np.zeros((2, 4, 4, 3)))
    with pytest.raises(ValueError, match="11 or more pixels"):
        ssim(np.zeros((1, 10, 20, 3)), np.zeros((1, 10, 20, 3)))


# ------------------------------------------------------------- diversity, intervals


@pytest.mark.usefixtures("small_blocks")
def test_mean_pairwise_distance():
    features = gaussian(50, 4, 0, shift=1000.0)
    expected = pdist(features).mean()
    assert mean_pairwise_distance(features) == pytest.approx(expected, rel=1e-6)
    assert mean_pairwise_distance(np.full((30, 3), 1e3)) == pytest.approx(0, abs=1e-4)


def test_vendi_score_counts():
    assert vendi_score(np.eye(5)) == pytest.approx(5)
    assert vendi_score(np.repeat(np.eye(3), 4, axis=0) * 7.0) == pytest.approx(3)
    assert vendi_score(-np.ones((6, 4))) == pytest.approx(1)
    with pytest.raises(ValueError, match="no row of zeros"):
        vendi_score(np.zeros((3, 3)))


def test_interval_of_a_mean_is_the_textbook_s():
    values = gaussian(500, 1, 0, shift=3.0, scale=2.0)
    low, high = bootstrap_interval(lambda x: float(x.mean()), values, num=2000)
    half = 1.96 * values.std() / np.sqrt(500)
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


@pytest.mark.parametrize(
    ("figure", "num", "dim"),
    [
        (frechet_distance, 200, 8),
        (kernel_distance, 100, 4),
        (lambda a, b: precision_recall(a, b).recall, 200, 2),
        (lambda a, b: density_coverage(a, b).density, 200, 2),
    ],
)
def test_interval_is_as_wide_as_other_samples_differ(figure, num, dim):
    def experiment(seed):
        return gaussian(num, dim, seed), gaussian(num, dim, 10_000 + seed, shift=0.7)

    others = [figure(*experiment(seed)) for seed in range(100)]
    widths = [
        np.diff(bootstrap_interval(figure, *experiment(seed), num=100))[0]
        for seed in range(3)
    ]
    expected = 2 * 1.96 * np.std(others)
    assert 0.7 * expected < np.mean(widths) < 1.5 * expected


@pytest.mark.parametrize("how", [{"level": 1.0}, {"level": 0}, {"num": 0}])
def test_intervals_that_there_are_not(how):
    with pytest.raises(ValueError, match=f"{next(iter(how))} must be"):
        bootstrap_interval(np.mean, np.zeros(9), **how)


def test_sets_without_halves():
    with pytest.raises(ValueError, match=r"4 pictures or more; got \[9, 3\]"):
        bootstrap_interval(frechet_distance, np.zeros((9, 2)), np.zeros((3, 2)))


@pytest.mark.parametrize("measure", [kernel_distance, precision_recall])
def test_features_that_cannot_be_compared(measure):
    with pytest.raises(ValueError, match=r"one dim; got \(9, 2\) and \(9, 3\)"):
        measure(np.zeros((9, 2)), np.zeros((9, 3)))
    with pytest.raises(ValueError, match="finite"):
        measure(np.full((9, 2), np.nan), np.zeros((9, 2)))
    with pytest.raises(ValueError, match="neighbours must be fewer .* 3; got 3"):
        precision_recall(np.zeros((3, 2)), np.zeros((9, 2)))
