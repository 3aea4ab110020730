"""The quicker layers give what Keras's own give, and learn what they learn."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_gen import backend
from keras_gen.quick_layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    NarrowConv2D,
    PointwiseConv2D,
)


@pytest.mark.parametrize(
    "how",
    [{}, {"activation": "relu"}, {"use_bias": False}, {"strides": 2}, {"groups": 2}],
)
def test_pointwise_convolution_is_keras_s(how):
    x = np.random.default_rng(0).normal(size=(3, 4, 6, 4)).astype("float32")
    ours, keras_s = (kind(6, 1, **how) for kind in (PointwiseConv2D, layers.Conv2D))
    keras_s.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(
        [np.random.default_rng(1).normal(size=w.shape) for w in ours.weights]
    )
    keras_s.set_weights(ours.get_weights())
    again = PointwiseConv2D.from_config(ours.get_config())
    again.build(x.shape)
    again.set_weights(ours.get_weights())
    expected = ops.convert_to_numpy(keras_s(x))
    for layer in (ours, again):
        np.testing.assert_allclose(
            ops.convert_to_numpy(layer(x)), expected, rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize(
    ("filters", "size", "how"),
    [
        (1, 3, {}),
        (3, 3, {"activation": "sigmoid"}),
        (1, 4, {"use_bias": False}),
        (2, (1, 5), {}),
        (2, 3, {"strides": 2}),
        (2, 3, {"dilation_rate": 2}),
        (1, 3, {"dtype": "bfloat16"}),
    ],
)
@pytest.mark.parametrize("quick", [Conv2D, NarrowConv2D])
def test_convolution_is_keras_s(quick, filters, size, how):
    """Its picture, compiled or not, and the gradients of picture, kernel and bias."""
    x = np.random.default_rng(0).normal(size=(3, 6, 7, 5)).astype("float32")
    found = []
    for kind in (quick, layers.Conv2D):
        keras.utils.set_random_seed(0)
        inputs = keras.Input(x.shape[1:])
        before, after = layers.Dense(5), kind(filters, size, padding="same", **how)
        model = keras.Model(inputs, after(before(inputs)))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        target = np.random.default_rng(1).normal(size=model.predict(x, verbose=0).shape)
        model.fit(x, target, epochs=2, verbose=0)
        layer_by_layer = ops.convert_to_numpy(ops.cast(model(x), "float32"))
        found.append([model.predict(x, verbose=0), layer_by_layer])
        found[-1] += model.get_weights()
    for ours, keras_s in zip(*found, strict=True):
        np.testing.assert_allclose(ours, keras_s, rtol=1e-4, atol=1e-5)


def trained(kind, how, dtype="float32", shape=(4, 6, 5)):
    """A small network with a normalisation, after two steps."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(shape)
    x = layers.Conv2D(3, 3)(inputs) if len(shape) == 3 else inputs
    x = kind(dtype=dtype, **how)(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = 5.0 + 3.0 * np.random.default_rng(0).normal(size=(10, *shape))
    y = np.random.default_rng(1).normal(size=(10, 2))
    losses = model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0)
    return losses.history["loss"], model.get_weights(), model.predict(x, verbose=0)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"center": False, "scale": False},
        {"momentum": 0.5, "epsilon": 0.1},
        {"axis": 1},
        {"renorm": True},
        {"trainable": False},
    ],
)
def test_batch_normalisation_learns_as_keras_s(how):
    ours, keras_s = (
        trained(kind, how) for kind in (BatchNormalization, layers.BatchNormalization)
    )
    np.testing.assert_allclose(ours[0], keras_s[0], rtol=1e-5)
    for found, expected in zip(ours[1], keras_s[1], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours[2], keras_s[2], rtol=1e-3, atol=1e-4)


no_float64 = pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="JAX computes in float64 only if told to"
)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [pytest.param("float64", (4, 6, 5), marks=no_float64), ("float32", (7,))],
)
def test_batch_normalisation_takes_what_keras_s_takes(dtype, shape):
    ours, keras_s = (
        trained(kind, {}, dtype, shape)
        for kind in (BatchNormalization, layers.BatchNormalization)
    )
    np.testing.assert_allclose(ours[0], keras_s[0], rtol=1e-5)


def test_batch_normalisation_of_low_precision_is_keras_s():
    x = np.random.default_rng(0).normal(5.0, 3.0, (8, 4, 4, 3)).astype("float32")
    ours, keras_s = (
        kind(dtype="mixed_bfloat16")
        for kind in (BatchNormalization, layers.BatchNormalization)
    )
    found, expected = (layer(x, training=True) for layer in (ours, keras_s))
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    np.testing.assert_allclose(
        *(ops.convert_to_numpy(ops.cast(y, "float32")) for y in (found, expected)),
        atol=2e-2,
    )
    for one, other in zip(ours.weights, keras_s.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("name", ["swish", "relu", None])
def test_activation_is_keras_s(name):
    x = np.random.default_rng(0).normal(0.0, 3.0, (3, 4, 4, 5)).astype("float32")
    ours, keras_s = (kind(name) for kind in (Activation, layers.Activation))
    expected = ops.convert_to_numpy(keras_s(x))
    for layer in (ours, Activation.from_config(keras_s.get_config())):
        np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), expected, rtol=1e-6)


def slopes(x):
    """Swish's first and second derivative, by the product rule."""
    s = 1.0 / (1.0 + np.exp(-x))
    slope = s * (1.0 - s)
    return s + x * slope, 2.0 * slope + x * slope * (1.0 - 2.0 * s)


def test_swish_has_the_slope_of_swish():
    """Also far out, where the sigmoid is 0 or 1, and the slope's own slope."""
    x = np.concatenate([np.linspace(-8.0, 8.0, 33), [-80.0, 80.0]]).astype("float32")

    def total(x):
        return ops.sum(backend.swish(x))

    def total_slope(x):
        return ops.sum(backend.gradient(total, x))

    inputs = ops.convert_to_tensor(x)
    for function, expected in zip((total, total_slope), slopes(x), strict=True):
        found = ops.convert_to_numpy(backend.gradient(function, inputs))
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_swish_of_low_precision_has_low_precision():
    x = ops.cast(np.linspace(-4.0, 4.0, 9), "bfloat16")
    slope = backend.gradient(lambda x: ops.sum(backend.swish(x)), x)
    assert keras.backend.standardize_dtype(slope.dtype) == "bfloat16"
    expected = slopes(np.linspace(-4.0, 4.0, 9))[0]
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.cast(slope, "float32")), expected, atol=2e-2
    )
