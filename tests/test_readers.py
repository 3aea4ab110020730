"""The readers: what they learn, what they know of a picture, how sure they are."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import evaluation, presets, runs, training
from keras_gen.data import digits, flowers
from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.metrics import (
    build_attribute_reader,
    build_digit_reader,
    class_probabilities,
    read_digits,
    reader_features,
)

# ------------------------------------------------------------------ the digit reader


@pytest.fixture(scope="module")
def digit_reader():
    """The shipped one."""
    return presets.load("digit_reader")


def test_digits_are_read(digit_reader):
    """Of pictures that no training has seen, also shifted and noisy ones."""
    _, test = digits()
    rng = np.random.default_rng(0)
    noisy = test.images + rng.normal(0.0, 12.0, test.images.shape)
    shifted = np.roll(test.images, (1, -1), (1, 2))
    for images in (test.images, np.clip(noisy, 0, 255).astype("uint8"), shifted):
        assert np.mean(read_digits(digit_reader, images) == test.labels) > 0.97


def test_digit_reader_learns():
    """A small one, in few steps; and answers the same each time."""
    keras.utils.set_random_seed(0)
    train, _ = digits()
    reader = build_digit_reader(widths=(8, 8), steps=48)
    fitted = reader.fit(train.images[:512], train.labels[:512], epochs=3, verbose=0)
    losses = fitted.history["loss"]
    assert losses[-1] < 0.9 * losses[0]
    one, two = (reader.predict(train.images[:8], verbose=0) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one.shape == (8, 10)


def test_figures_of_the_digit_reader(digit_reader):
    figures = evaluation.evaluate(digit_reader, None, None, num=50)
    seen = read_digits(digit_reader, digits()[1].images[:50])
    accuracy = np.mean(seen == digits()[1].labels[:50])
    assert figures == {"test_pictures": 50, "test_accuracy": accuracy, "chance": 0.1}


def test_what_is_no_digit_reader():
    with pytest.raises(ValueError, match="widths must be positive integers"):
        build_digit_reader(widths=(8, 0))
    with pytest.raises(ValueError, match="image_shape must be three"):
        build_digit_reader((28, 28))


def test_a_trained_reader_is_stored_with_its_recipe(tmp_path, monkeypatch):
    train, test = (part.take(np.arange(40)) for part in digits())
    monkeypatch.setattr(runs, "digits", lambda: (train, test))
    given = []

    def build(steps):
        given.append(steps)
        return build_digit_reader(widths=(4, 4), steps=steps)

    monkeypatch.setattr(runs, "build_digit_reader", build)
    settings = {"epochs": 2, "batch_size": 16}
    runs.run("digit-reader", settings, tmp_path / "out")
    model, state = training.load_checkpoint(tmp_path / "out" / "model.keras")
    assert state["recipe"] == {"model": "digit-reader", "seed": 0, **settings}
    assert given == [2 * 3]  # the last batch of an epoch is a smaller one
    assert read_digits(model, test.images).shape == (40,)
    rows = (tmp_path / "out" / "log.csv").read_text().splitlines()
    assert "val_accuracy" in rows[0] and len(rows) == 3
    with pytest.raises(ValueError, match="digit-reader takes no --num-pictures"):
        runs.run("digit-reader", {"num_pictures": 9}, tmp_path / "other")


# ---------------------------------------------------------- features, probabilities


@pytest.fixture(scope="module")
def reader():
    keras.utils.set_random_seed(0)
    return build_attribute_reader((16, 16, 3), widths=(8, 8))


def test_features_are_what_the_last_layers_see(reader):
    """The logits can be computed from them."""
    images = flowers(7, 16).images
    features = reader_features(reader, images, batch_size=3)
    assert features.dtype == "float32" and len(features) == 7
    logits = reader.predict(images, verbose=0)
    for name in ATTRIBUTES:
        kernel, bias = reader.get_layer(name).get_weights()
        expected = features @ kernel + bias
        np.testing.assert_allclose(logits[name], expected, rtol=1e-4, atol=1e-5)


def test_features_of_a_reader_whose_attributes_see_different_things():
    images = keras.Input((16, 16, 3))
    halves = [keras.layers.AveragePooling2D(n)(images) for n in (8, 16)]
    flat = [keras.layers.Flatten()(half) for half in halves]
    logits = {
        name: keras.layers.Dense(len(values), name=name)(flat[i % 2])
        for i, (name, values) in enumerate(ATTRIBUTES.items())
    }
    pictures = flowers(3, 16).images
    found = reader_features(keras.Model(images, logits), pictures)
    assert found.shape == (3, 2 * 2 * 3 + 3)
    np.testing.assert_allclose(found[:, -3:], pictures.mean(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize("ask", [reader_features, class_probabilities])
def test_what_reads_nothing(ask):
    images = keras.Input((16, 16, 3))
    network = keras.Model(images, keras.layers.Flatten()(images))
    with pytest.raises(ValueError, match="one last layer for each attribute .* flat"):
        ask(network, flowers(3, 16).images)


@pytest.mark.parametrize("ask", [reader_features, class_probabilities, read_digits])
def test_digits_of_another_size(digit_reader, ask):
    with pytest.raises(ValueError, match=r"shape \(batch, 28, 28, 1\); got \(2, 8, 8"):
        ask(digit_reader, np.zeros((2, 8, 8, 1), "uint8"))


def test_features_of_digits_are_what_the_last_layer_sees(digit_reader):
    images = digits()[1].images[:7]
    features = reader_features(digit_reader, images, batch_size=3)
    kernel, bias = digit_reader.get_layer("digit").get_weights()
    logits = digit_reader.predict(images, verbose=0)
    np.testing.assert_allclose(logits, features @ kernel + bias, rtol=1e-4, atol=1e-4)


def test_probabilities_are_those_of_the_logits(reader, digit_reader):
    flowers_shown, digits_shown = flowers(5, 16).images, digits()[1].images[:5]
    for network, images, name in (
        (reader, flowers_shown, "petal_colour"),
        (digit_reader, digits_shown, None),
    ):
        logits = network.predict(images, verbose=0)
        logits = logits[name] if name else logits
        found = class_probabilities(network, images, batch_size=2)
        expected = ops.convert_to_numpy(ops.softmax(logits))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)
    assert np.all(np.max(found, axis=1) > 0.5)  # the shipped one is sure
