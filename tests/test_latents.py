"""Latent vectors: found for a given picture, and the directions of attributes."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen import attribute_direction
from keras_gen.gans import GAN, ConditionalGAN, build_discriminator, invert

SHAPE, LATENTS = (8, 8, 1), 3


def drawing(num_classes=None):
    """A generator that is smooth, and tells every two latent vectors apart."""
    patterns = keras.initializers.RandomNormal(stddev=0.4, seed=0)
    latents = keras.Input((LATENTS,))
    inputs, x = latents, latents
    if num_classes:
        label = keras.Input((), dtype="int32")
        inputs = [latents, label]
        shift = layers.Embedding(num_classes, LATENTS, embeddings_initializer="normal")
        x = layers.Add()([latents, shift(label)])
    x = layers.Dense(64, "tanh", kernel_initializer=patterns)(x)
    return keras.Model(inputs, layers.Reshape(SHAPE)(x))


def made(num_classes=None):
    judge = build_discriminator(SHAPE, (4, 8), num_classes)
    kind = (ConditionalGAN, GAN)[num_classes is None]
    return kind(drawing(num_classes), judge, *[num_classes][: num_classes or 0])


def test_the_vectors_of_drawn_pictures_are_found():
    gan = made()
    before = gan.get_weights()
    latents = gan.latents(4, seed=1)
    images = gan.generator.predict(latents, verbose=0)
    found = invert(gan, images, steps=150, prior=0.0)
    assert found.shape == (4, LATENTS) and found.dtype == np.float32
    np.testing.assert_allclose(found, latents, atol=0.02)
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    drawn = invert(gan, gan.draw(latents), steps=150, prior=0.0)  # in whole numbers
    np.testing.assert_allclose(drawn, latents, atol=0.05)


def test_each_picture_s_vector_goes_its_own_way():
    gan = made()
    images = gan.draw(gan.latents(3, seed=1))
    together = invert(gan, images, steps=20)
    alone = np.concatenate([invert(gan, images[i : i + 1], steps=20) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_a_prior_keeps_vectors_short():
    gan = made()
    images = gan.draw(4 * gan.latents(4, seed=1))
    lengths = [
        np.linalg.norm(invert(gan, images, steps=100, prior=prior))
        for prior in (0.0, 0.1)
    ]
    assert lengths[1] < 0.8 * lengths[0]


def test_vectors_of_a_class():
    gan = made(num_classes=2)
    latents, labels = gan.latents(4, seed=1), np.array([0, 1, 1, 0])
    images = gan.draw(latents, labels)
    found = invert(gan, images, labels, steps=200, prior=0.0)
    np.testing.assert_allclose(found, latents, atol=0.05)


def test_pictures_of_another_shape():
    with pytest.raises(ValueError, match=r"images must have the shape \(batch, 8, 8"):
        invert(made(), np.zeros((1, 8, 9, 1), "uint8"))
    with pytest.raises(ValueError, match="steps must be a positive integer; got 0"):
        invert(made(), np.zeros((1, *SHAPE), "uint8"), steps=0)


def test_a_direction_gives_the_attribute():
    """Vectors of two groups, apart along a known direction."""
    rng = np.random.default_rng(0)
    has = rng.random(4000) < 0.3
    apart = np.array([2.0, -1.0, 0.0])
    latents = rng.standard_normal((4000, 3)) + np.outer(has, apart)
    found = attribute_direction(latents, has)
    np.testing.assert_allclose(found, apart, atol=0.1)
    assert found.dtype == np.float32


def test_a_direction_needs_both():
    latents = np.zeros((4, 2))
    for has, said in (
        (np.ones(4, bool), "true for some and false for others; got True for all 4"),
        (np.zeros(4, bool), "got False for all 4"),
        (np.zeros(4), r"booleans \(num,\); got \(4, 2\) and float64 \(4,\)"),
        (np.zeros(3, bool), r"and bool \(3,\)"),
    ):
        with pytest.raises(ValueError, match=said):
            attribute_direction(latents, has)
