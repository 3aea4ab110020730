"""The likelihood of the flow, of Gaussians whose exact denoiser is known."""

import gc
import weakref

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen.diffusion import DiffusionModel
from keras_gen.metrics import likelihood
from keras_gen.metrics.likelihood import bits_per_dimension, flow_log_likelihood

SHAPE = (4, 4, 1)


@keras.saving.register_keras_serializable(package="tests")
class GaussianNoise(layers.Layer):
    """The noise that is expected in noisy pictures of independent Gaussian pixels."""

    asked = 0  # how often; of a compiled program, while it is being traced

    def __init__(self, deviation, **kwargs):
        super().__init__(**kwargs)
        self.deviation = deviation

    def call(self, noisy, noise_rates):
        GaussianNoise.asked += 1
        variance = (1 - noise_rates**2) * self.deviation**2 + noise_rates**2
        return noise_rates * noisy / variance

    def get_config(self):
        return {**super().get_config(), "deviation": self.deviation}


def model_of(deviation, mean=0.0, pixels=1.0):
    """An exact model of pixels with this deviation, once normalised by `pixels`."""
    noisy, noise_rates = keras.Input(SHAPE), keras.Input((1, 1, 1))
    unet = keras.Model(
        [noisy, noise_rates], GaussianNoise(deviation)(noisy, noise_rates)
    )
    normalizer = layers.Normalization(mean=mean, variance=pixels**2)
    return DiffusionModel(unet, image_shape=SHAPE, normalizer=normalizer, ema=0)


@pytest.mark.parametrize("deviation", [0.5, 1.0, 2.0])
def test_of_gaussians_it_is_the_closed_form(deviation):
    model = model_of(deviation)
    noise_rate, signal_rate = map(float, model.schedule(np.float32(0.0)))
    variance = (signal_rate * deviation) ** 2 + noise_rate**2
    noisy = np.random.default_rng(0).normal(size=(5, *SHAPE)) * variance**0.5
    expected = np.sum(
        -0.5 * noisy**2 / variance - 0.5 * np.log(2 * np.pi * variance), axis=(1, 2, 3)
    )
    # At time 1 pictures are noise but for a signal rate of 0.02.
    left = 16 * 0.02**2 * abs(deviation**2 - 1)
    found = flow_log_likelihood(model, noisy, num_steps=300)
    np.testing.assert_allclose(found, expected, atol=0.02 + 2 * left)


def test_more_steps_come_nearer():
    model = model_of(0.3)
    noisy = np.random.default_rng(0).normal(size=(3, *SHAPE)) * 0.4
    few, more, many = (flow_log_likelihood(model, noisy, n) for n in (20, 40, 400))
    apart = np.abs([few - many, more - many]).max(axis=1)
    assert apart[1] < 0.4 * apart[0]  # of the second order


def test_bits_of_gaussian_pixels_are_little_above_their_entropy():
    """Of pixels with mean 128 and deviation 20, rounded: log2(20 sqrt(2 pi e))."""
    images = np.random.default_rng(0).normal(128, 20, (200, *SHAPE)).round()
    model = model_of(1.0, mean=128.0, pixels=20.0)
    entropy = np.log2(20 * np.sqrt(2 * np.pi * np.e))
    found = bits_per_dimension(model, images.astype("uint8"), num_steps=40, seed=1)
    # The mean of 3,200 values of deviation 0.72 bits.
    assert entropy - 0.03 < found.mean() < entropy + 0.05


def test_unlikely_pictures_cost_more():
    model = model_of(1.0, mean=128.0, pixels=20.0)
    usual = np.full((1, *SHAPE), 128, "uint8")
    odd = usual.copy()
    odd[0, 0, 0, 0] = 228  # five deviations away
    costs = bits_per_dimension(model, np.concatenate([usual, odd]), num_steps=30)
    assert costs[1] - costs[0] == pytest.approx(12.5 / np.log(2) / 16, rel=0.2)


def test_noise_is_a_function_of_the_seed():
    model = model_of(1.0, mean=128.0, pixels=20.0)
    images = np.full((2, *SHAPE), 130, "uint8")
    one, again, other = (
        bits_per_dimension(model, images, num_steps=3, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.all(one != other)


def test_new_weights_steps_and_seeds_compile_nothing_new():
    model, other = model_of(0.5), model_of(2.0)
    noisy = np.random.default_rng(0).normal(size=(2, *SHAPE))
    first = flow_log_likelihood(model, noisy, num_steps=2)
    asked = GaussianNoise.asked
    flow_log_likelihood(model, 2 * noisy, num_steps=5, seed=1)
    np.testing.assert_array_equal(flow_log_likelihood(model, noisy, 2), first)
    assert GaussianNoise.asked == asked
    assert np.all(flow_log_likelihood(other, noisy, num_steps=2) != first)


def test_a_program_goes_with_its_model():
    model = model_of(0.5)
    flow_log_likelihood(model, np.zeros((1, *SHAPE)), num_steps=1)
    gone = weakref.ref(model)
    assert model in likelihood.PROGRAMS
    del model
    gc.collect()
    assert gone() is None


def test_what_are_no_pictures_of_the_model():
    model = model_of(1.0)
    with pytest.raises(ValueError, match=r"images must have the shape .*got \(2, 3\)"):
        bits_per_dimension(model, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="num_steps must be a positive integer"):
        flow_log_likelihood(model, np.zeros((1, *SHAPE)), num_steps=0)
