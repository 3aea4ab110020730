"""Weights that NumPy draws are distributed as Keras's own; and Keras is put back."""

import keras
import numpy as np
import pytest
from keras import initializers, layers, ops

from keras_gen.grading import beginning, notebook

OF_KERAS = initializers.VarianceScaling.__call__
SHAPE = 3, 3, 20, 80
MADE = [
    initializers.GlorotUniform,
    initializers.GlorotNormal,
    initializers.HeNormal,
    initializers.LecunUniform,
]


@pytest.fixture
def by_numpy():
    undo = beginning.draw_by_numpy()
    yield
    undo()


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_as_wide_and_as_far_as_keras_s_own(kind, by_numpy):
    initializer = kind(seed=3)
    ours = ops.convert_to_numpy(initializer(SHAPE))
    theirs = ops.convert_to_numpy(OF_KERAS(initializer, SHAPE))
    assert ours.dtype == theirs.dtype and abs(ours.mean()) < 0.02 * theirs.std()
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02)  # 3 sigma of 14400
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)
    again = ops.convert_to_numpy(initializer(SHAPE))
    np.testing.assert_array_equal(ours, again)
    assert not np.array_equal(ours, ops.convert_to_numpy(kind(seed=4)(SHAPE)))


@pytest.mark.parametrize("shape", [(), (7,), (2, 5), (3, 2, 4)])
def test_any_shape(shape, by_numpy):
    made = initializers.GlorotUniform(seed=1)(shape, dtype="float16")
    assert tuple(made.shape) == shape
    assert keras.backend.standardize_dtype(made.dtype) == "float16"


def test_what_it_does_not_know_is_left_to_keras(by_numpy):
    seed = keras.random.SeedGenerator(1)
    initializer = initializers.GlorotUniform(seed=seed)
    first, second = (ops.convert_to_numpy(initializer((2, 5))) for _ in range(2))
    assert not np.array_equal(first, second)


def test_keras_is_put_back_whatever_happens():
    with pytest.raises(OSError), notebook.quickly():
        assert initializers.VarianceScaling.__call__ is not OF_KERAS
        layers.Dense(3).build((None, 2))
        raise OSError
    assert initializers.VarianceScaling.__call__ is OF_KERAS
