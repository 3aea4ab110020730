"""The metrics against computations of their own: distances, and what a reader reads."""

import tracemalloc

import keras
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from keras_gen.data import flowers
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.metrics import (
    attribute_accuracy,
    build_attribute_reader,
    chance_accuracy,
    energy_distance,
    pairs,
    read_attributes,
)
from keras_gen.metrics.prompts import ALL_FOUR


def pictures(num, seed, low=0, high=256, shape=(6, 5, 3)):
    rng = np.random.default_rng(seed)
    return rng.integers(low, high, (num, *shape), dtype="uint8")


# --------------------------------------------------------------------- distance


def by_definition(images_a, images_b):
    """The mean over all pairs of different pictures, one by one."""
    a, b = (x.reshape(len(x), -1) / 255.0 for x in (images_a, images_b))
    root = np.sqrt(a.shape[1])
    within = [
        np.mean(
            [np.linalg.norm(x[i] - x[j]) for i in range(len(x)) for j in others(x, i)]
        )
        for x in (a, b)
    ]
    return (2 * cdist(a, b).mean() - sum(within)) / root


def others(x, i):
    return [j for j in range(len(x)) if j != i]


@pytest.mark.parametrize("sizes", [(2, 2), (7, 12), (12, 7)])
def test_distance_is_its_definition(sizes):
    a, b = pictures(sizes[0], 0), pictures(sizes[1], 1, 0, 128)
    assert energy_distance(a, b) == pytest.approx(by_definition(a, b), abs=1e-9)


def test_distance_of_pictures_that_are_all_alike():
    """Nothing is rounded: two sets of one colour are as far apart as the colours."""
    black, white = np.zeros((4, 8, 8, 1), "uint8"), np.full((3, 8, 8, 1), 255, "uint8")
    assert energy_distance(black, white) == pytest.approx(2.0, abs=1e-7)
    assert energy_distance(black, black.copy()) == 0
    grey = np.full((5, 8, 8, 1), 51, "uint8")
    assert energy_distance(black, grey) == pytest.approx(0.4, abs=1e-7)


def test_distance_has_no_bias():
    """Its mean over many draws from one distribution is 0, and it is negative often."""
    found = [
        energy_distance(pictures(6, 2 * i), pictures(9, 2 * i + 1)) for i in range(400)
    ]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 4 * error < 0.002
    assert 0.2 < np.mean(np.array(found) < 0) < 0.8


def test_distance_holds_a_few_of_all_pairs_at_a_time(monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK", 100)
    a, b = (pictures(2000, seed, shape=(2, 2, 1)) for seed in (0, 1))
    tracemalloc.start()
    found = energy_distance(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000 * 2000 * 8 / 2  # bytes of one matrix of all pairs, halved
    monkeypatch.undo()
    assert energy_distance(a, b) == pytest.approx(found, abs=1e-12)


def test_distance_laws():
    a, b, far = pictures(60, 0), pictures(50, 1, 40, 256), pictures(50, 2, 128, 256)
    assert energy_distance(a, b) == pytest.approx(energy_distance(b, a), abs=1e-12)
    order = np.random.default_rng(0).permutation(len(a))
    assert energy_distance(a[order], b) == pytest.approx(energy_distance(a, b))
    same = abs(energy_distance(a, pictures(50, 3)))
    assert same < energy_distance(a, b) / 5 < energy_distance(a, far) / 10


def test_distance_sees_a_set_that_lacks_variety():
    """Copies of one good picture are no good set."""
    real, more = flowers(80, 16, seed=0).images, flowers(80, 16, seed=1).images
    collapsed = np.repeat(more[:1], 80, axis=0)
    assert energy_distance(real, collapsed) > 10 * abs(energy_distance(real, more))


@pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [
        ((4, 8, 8, 3), (4, 8, 8, 1)),
        ((1, 8, 8, 3), (4, 8, 8, 3)),
        ((4, 8, 8, 3), (1, 8, 8, 3)),
    ],
)
def test_distance_of_what_cannot_be_compared(shape_a, shape_b):
    a, b = np.zeros(shape_a, "uint8"), np.zeros(shape_b, "uint8")
    with pytest.raises(ValueError, match="two or more pictures of one size") as caught:
        energy_distance(a, b)
    assert str(shape_a) in str(caught.value) and str(shape_b) in str(caught.value)


# ----------------------------------------------------------------------- prompts


class Oracle:
    """Stands for a trained reader: it reads the first pixel of each picture."""

    def predict(self, images, **options):
        first = np.asarray(images)[:, 0, 0, 0].astype(int)
        return {
            name: -np.abs(np.arange(len(values)) - first[:, None] % len(values))
            for name, values in ATTRIBUTES.items()
        }


def marked(firsts):
    images = np.zeros((len(firsts), 4, 4, 3), "uint8")
    images[:, 0, 0, 0] = firsts
    return images


def test_reader_says_the_likeliest_value():
    seen = read_attributes(Oracle(), marked([0, 3, 11]))
    assert set(seen) == set(ATTRIBUTES)
    for name, values in ATTRIBUTES.items():
        expected = [first % len(values) for first in (0, 3, 11)]
        np.testing.assert_array_equal(seen[name], expected)


def test_accuracy_is_the_share_that_shows_what_it_should():
    asked = {"petal_colour": np.array([0, 1, 2, 3]), "background": [0, 0, 0, 0]}
    accuracy = attribute_accuracy(Oracle(), marked([0, 1, 2, 9]), asked)
    assert accuracy == {
        "petal_colour": 0.75,
        "background": 0.25,
        "mean": 0.5,
    }


def test_all_four_must_be_right_in_the_same_picture():
    """Whatever the other attributes are; 0 is right for every attribute."""
    asked = {name: np.zeros(6, int) for name in ATTRIBUTES}
    for i, name in enumerate(ALL_FOUR):  # wrong once in each of four pictures
        asked[name][i] = 1
    asked["size"] = asked["position"] = np.ones(6, int)
    accuracy = attribute_accuracy(Oracle(), marked([0] * 6), asked)
    assert accuracy["all_four"] == pytest.approx(2 / 6)
    assert accuracy["petal_number"] == pytest.approx(5 / 6)
    assert accuracy["size"] == 0


def test_chance_is_what_guessing_reaches():
    chance = chance_accuracy()
    truth = flowers(4000, 16, seed=0).attributes
    rng = np.random.default_rng(0)
    for name, values in ATTRIBUTES.items():
        guessed = rng.integers(0, len(values), 4000)
        assert np.mean(guessed == truth[name]) == pytest.approx(chance[name], abs=0.03)
    shares = [chance[name] for name in ATTRIBUTES]
    assert set(chance) == {*ATTRIBUTES, "mean", "all_four"}
    assert chance["all_four"] == pytest.approx(1 / (10 * 5 * 4 * 6))
    assert chance["mean"] == pytest.approx(np.mean(shares))


@pytest.fixture(scope="module")
def reader():
    keras.utils.set_random_seed(0)
    return build_attribute_reader((16, 16, 3), widths=(16, 16))


def test_reader_learns_and_is_of_the_shape_of_the_attributes(reader):
    train = flowers(64, 16, seed=0)
    outputs = {name: tuple(x.shape) for name, x in reader.output.items()}
    assert outputs == {name: (None, len(v)) for name, v in ATTRIBUTES.items()}
    losses = reader.fit(
        train.images, train.attributes, batch_size=32, epochs=6, verbose=0
    ).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    chosen = read_attributes(reader, train.images)
    for name, values in ATTRIBUTES.items():
        assert chosen[name].shape == (64,)
        assert set(chosen[name]) <= set(range(len(values)))


def test_reader_sees_no_noise_when_it_reads(reader):
    images = flowers(8, 16, seed=1).images
    one, two = (reader.predict(images, verbose=0) for _ in range(2))
    for name in ATTRIBUTES:
        np.testing.assert_array_equal(one[name], two[name])


def test_reader_of_a_size_that_does_not_fit():
    with pytest.raises(ValueError, match="divisible by 8"):
        build_attribute_reader((28, 28, 3))
