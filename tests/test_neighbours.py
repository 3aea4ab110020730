"""The nearest training pictures against a search of all pairs; what is a copy."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from keras_gen.data import flowers
from keras_gen.metrics import copied, nearest_neighbours
from keras_gen.metrics.neighbours import Neighbours


def pictures(num, seed, shape=(6, 5, 3)):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (num, *shape), dtype="uint8")


def all_pairs(a, b):
    flat = [x.reshape(len(x), -1) / 255.0 for x in (a, b)]
    return cdist(*flat) / np.sqrt(flat[0].shape[1])


@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
@pytest.mark.parametrize("num", [1, 5, 23])
def test_they_are_the_nearest_in_order(num, batch_size):
    images, training = pictures(10, 0), pictures(23, 1)
    found = nearest_neighbours(images, training, num, batch_size)
    distances = all_pairs(images, training)
    order = np.argsort(distances, axis=1)[:, :num]
    np.testing.assert_array_equal(found.indices, order)
    expected = np.take_along_axis(distances, order, axis=1)
    np.testing.assert_allclose(found.distances, expected, rtol=1e-12)


def test_there_are_no_more_than_there_are():
    found = nearest_neighbours(pictures(4, 0), pictures(3, 1), num=50)
    assert found.distances.shape == found.indices.shape == (4, 3)


def test_a_copy_has_no_distance_and_black_and_white_have_the_largest():
    training = flowers(300, seed=0).images
    found = nearest_neighbours(training[[8, 250]], training, num=2)
    np.testing.assert_array_equal(found.distances[:, 0], 0)
    np.testing.assert_array_equal(found.indices[:, 0], [8, 250])
    assert found.distances[:, 1].min() > 0
    black, white = np.zeros((2, 4, 4, 1), "uint8"), np.full((3, 4, 4, 1), 255, "uint8")
    np.testing.assert_allclose(nearest_neighbours(black, white).distances, 1)


def test_one_grey_level_of_one_value_is_seen():
    """In single precision it would drown in the sums of squares."""
    training = np.full((5, 32, 32, 3), 250, "uint8")
    image = training[:1].copy()
    image[0, 3, 4, 1] -= 1
    found = nearest_neighbours(image, training).distances[0]
    np.testing.assert_allclose(found, 1 / 255 / np.sqrt(32 * 32 * 3), rtol=1e-9)


def test_memory_does_not_grow_with_the_training_set():
    """Of pictures that are read from a file, one batch at a time."""
    asked = []

    class Watched(np.ndarray):
        def __getitem__(self, key):
            found = super().__getitem__(key)
            asked.append(len(found))
            return found

    training = pictures(500, 1).view(Watched)
    nearest_neighbours(pictures(30, 0), training, num=5, batch_size=20)
    assert max(asked) <= 20


@pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [((2, 8, 8, 3), (2, 8, 8, 1)), ((0, 8, 8, 3), (2, 8, 8, 3)), ((2, 3), (0, 3))],
)
def test_what_cannot_be_compared(shape_a, shape_b):
    with pytest.raises(ValueError, match="pictures of one size, one at least") as said:
        nearest_neighbours(np.zeros(shape_a, "uint8"), np.zeros(shape_b, "uint8"))
    assert str(shape_a) in str(said.value) and str(shape_b) in str(said.value)


def test_what_counts_as_a_copy():
    distances = np.array([[0.24, 0.5, 0.76], [0.26, 0.5, 0.74], [0.1, 0.11, 0.12]])
    found = copied(Neighbours(distances, np.zeros((3, 3), int)))
    np.testing.assert_array_equal(found, [True, False, False])


def test_fresh_flowers_are_hardly_copies_but_changed_training_flowers_are():
    training, fresh = flowers(1000, seed=0).images, flowers(200, seed=1).images
    assert copied(nearest_neighbours(fresh, training)).mean() <= 0.02
    noise = np.random.default_rng(0).integers(-8, 9, training[:100].shape)
    changed = np.clip(training[:100] + noise, 0, 255).astype("uint8")
    found = nearest_neighbours(changed, training)
    assert copied(found).all()
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(100))
