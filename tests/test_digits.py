"""The embedded handwritten digits."""

import subprocess
import sys

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from keras_gen.data import digits
from keras_gen.data.digits import _enlarge


def test_shapes_types_and_names():
    train, test = digits()
    assert train.images.shape == (1500, 28, 28, 1)
    assert test.images.shape == (297, 28, 28, 1)
    assert train.images.dtype == np.uint8
    assert (train.images.min(), train.images.max()) == (0, 255)
    assert len(train.class_names) == 10


def test_every_digit_has_the_same_share_in_both_parts():
    train, test = digits()
    shares = [
        np.bincount(part.labels, minlength=10) / len(part) for part in (train, test)
    ]
    np.testing.assert_allclose(*shares, atol=0.005)


def test_the_parts_are_all_of_scikit_learns_digits_each_once():
    train, test = digits()
    ours = np.concatenate([train.images, test.images])
    theirs = np.stack([_enlarge(image) for image in load_digits().images])

    def in_order(images):
        return sorted(image.tobytes() for image in images)

    assert in_order(ours) == in_order(theirs)


def test_the_split_never_changes():
    first, second = digits(), digits()
    np.testing.assert_array_equal(first[1].images, second[1].images)
    # A new split would silently make old figures incomparable.
    assert first[1].labels[:10].tolist() == TEST_LABELS


def test_black_stays_black():
    """A resampler with more lobes than bicubic leaves ghosts along the frame."""
    frame = np.ones((28, 28), bool)
    frame[1:-1, 1:-1] = False
    assert digits()[0].images[:, frame].max() < 8


def test_an_enlarged_digit_shows_what_the_small_one_shows():
    small = load_digits().images[0]
    large = _enlarge(small)[..., 0]
    again = Image.fromarray(large).resize((10, 10), Image.Resampling.BOX)
    again = np.asarray(again)[1:-1, 1:-1]
    assert np.corrcoef(again.ravel(), small.ravel())[0, 1] > 0.97


def test_importing_the_data_sets_loads_nothing_heavy():
    heavy = {"keras", "sklearn", "scipy", "PIL"}
    script = f"import sys, keras_gen.data; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr


TEST_LABELS = [7, 3, 1, 3, 0, 3, 4, 7, 3, 5]
