"""Inception's features: what the network is given, and what is said where it is not.

The network itself is Keras's; a small one of the same call stands in for it.
"""

import keras
import numpy as np
import pytest
from keras import applications, ops

from keras_gen.metrics import inception


@pytest.fixture
def given(monkeypatch):
    """What the stand-in for Inception-v3 was built with."""
    asked = []

    class Corner(keras.layers.Layer):
        def call(self, images):
            return images[:, 0, 0] + 0.0 * ops.mean(images, axis=(1, 2))

    def build(**how):
        asked.append(how)
        images = keras.Input((299, 299, 3))
        return keras.Model(images, Corner()(images))

    inception._network.cache_clear()
    monkeypatch.setattr(applications.inception_v3, "InceptionV3", build)
    yield asked
    inception._network.cache_clear()


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_enlarged_and_scaled(given, channels):
    images = np.zeros((3, 8, 10, channels), "uint8")
    images[1] = 255
    images[2, ..., :1] = 51
    found = inception.inception_features(images, batch_size=2)
    assert given == [{"include_top": False, "weights": "imagenet", "pooling": "avg"}]
    last = [-0.6] * 3 if channels == 1 else [-0.6, -1, -1]
    np.testing.assert_allclose(found, [[-1] * 3, [1] * 3, last], atol=1e-6)


def test_the_network_is_built_once(given):
    for _ in range(2):
        inception.inception_features(np.zeros((1, 8, 8, 3), "uint8"))
    assert len(given) == 1


def test_weights_that_cannot_be_had(given, monkeypatch):
    def build(**how):
        raise OSError("URL fetch failure\n on a host")

    monkeypatch.setattr(applications.inception_v3, "InceptionV3", build)
    with pytest.raises(FileNotFoundError, match="can't be had: URL fetch failure on a"):
        inception.inception_features(np.zeros((1, 8, 8, 3), "uint8"))


@pytest.mark.parametrize("shape", [(8, 8, 3), (2, 8, 8, 4)])
def test_what_are_no_pictures(shape):
    with pytest.raises(ValueError, match="1 or 3") as said:
        inception.inception_features(np.zeros(shape, "uint8"))
    assert str(shape) in str(said.value)
