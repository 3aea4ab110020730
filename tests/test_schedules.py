"""The noise schedule, against the formula in double precision and known values."""

from fractions import Fraction

import keras
import numpy as np
import pytest

from keras_gen.diffusion import (
    SPACINGS,
    CosineSchedule,
    LinearSchedule,
    add_noise,
    diffusion_schedule,
    shift_times,
)

ENDS = [(0.02, 0.95), (0.1, 1.0), (0.001, 0.5)]


def rates(times, *ends):
    """Noise and signal rates as NumPy arrays."""
    both = diffusion_schedule(np.asarray(times, "float32"), *ends)
    return [keras.ops.convert_to_numpy(rate) for rate in both]


def angles(times, *ends):
    return np.arctan2(*rates(times, *ends))


@pytest.mark.parametrize("ends", ENDS)
def test_squares_of_the_rates_sum_to_one(ends):
    noise, signal = rates(np.linspace(0, 1, 101), *ends)
    np.testing.assert_allclose(noise**2 + signal**2, 1, atol=1e-6)
    assert noise.min() >= 0 and signal.min() > 0


@pytest.mark.parametrize("ends", ENDS)
def test_ends_are_the_two_signal_rates(ends):
    np.testing.assert_allclose(rates([0, 1], *ends)[1], ends[::-1], atol=1e-6)


def test_ends_are_the_lectures_unless_given():
    np.testing.assert_allclose(rates([0, 1])[1], [0.95, 0.02], atol=1e-6)


# From arccos 0.95 = 18.194872° and arccos 0.02 = 88.854008°.
@pytest.mark.parametrize(
    "time, degrees, noise, signal",
    [
        (0.00, 18.194872, 0.312250, 0.950000),
        (0.25, 35.859656, 0.585802, 0.810454),
        (0.50, 53.524440, 0.804111, 0.594480),
        (0.75, 71.189224, 0.946589, 0.322444),
        (1.00, 88.854008, 0.999800, 0.020000),
    ],
)
def test_known_values(time, degrees, noise, signal):
    assert np.degrees(angles(time)) == pytest.approx(degrees, abs=1e-4)
    assert rates(time) == [pytest.approx(r, abs=1e-6) for r in (noise, signal)]


@pytest.mark.parametrize("ends", ENDS)
def test_rates_are_sine_and_cosine_of_an_angle_that_grows_evenly(ends):
    times = np.linspace(0, 1, 41)
    low, high = np.arccos(ends[::-1])
    expected = low + times * (high - low)
    noise, signal = rates(times, *ends)
    np.testing.assert_allclose(noise, np.sin(expected), atol=1e-6)
    np.testing.assert_allclose(signal, np.cos(expected), atol=1e-6)
    np.testing.assert_allclose(np.diff(angles(times, *ends), 2), 0, atol=1e-6)


@pytest.mark.parametrize("ends", ENDS)
def test_noise_grows_and_signal_falls(ends):
    noise, signal = rates(np.linspace(0, 1, 101), *ends)
    assert np.all(np.diff(noise) > 0) and np.all(np.diff(signal) < 0)


@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 1, 1)])
def test_rates_have_the_shape_of_the_times(shape):
    assert [rate.shape for rate in rates(np.full(shape, 0.5))] == [shape] * 2


def test_works_inside_a_functional_model():
    times = keras.Input((1, 1, 1))
    noise, signal = keras.Model(times, diffusion_schedule(times))(
        np.full((1, 1, 1, 1), 0.5, "float32")
    )
    assert float(noise[0, 0, 0, 0]) == pytest.approx(0.804111, abs=1e-6)
    assert float(signal[0, 0, 0, 0]) == pytest.approx(0.594480, abs=1e-6)


def test_schedule_object_is_the_function_with_its_ends_held():
    times = np.linspace(0, 1, 5, dtype="float32")
    schedule = CosineSchedule(0.1, 0.9)
    for ours, function in zip(schedule(times), rates(times, 0.1, 0.9), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), function)
    default = keras.ops.convert_to_numpy(CosineSchedule()(times)[1])
    np.testing.assert_allclose(default[[0, -1]], [0.95, 0.02], atol=1e-6)


def test_schedule_object_survives_its_config():
    config = keras.saving.serialize_keras_object(CosineSchedule(0.1, 0.9))
    again = keras.saving.deserialize_keras_object(config)
    assert isinstance(again, CosineSchedule)
    assert again.get_config() == {"min_signal_rate": 0.1, "max_signal_rate": 0.9}


@pytest.mark.parametrize(
    "ends", [(0, 0.9), (-0.1, 0.9), (0.9, 0.1), (0.5, 0.5), (0.1, 1.1), (np.nan, 0.9)]
)
def test_impossible_ends_are_refused(ends):
    with pytest.raises(ValueError, match="0 < min_signal_rate < max_") as error:
        CosineSchedule(*ends)
    came = f"min_signal_rate={ends[0]}, max_signal_rate={ends[1]}"
    assert came in str(error.value)


@pytest.mark.parametrize("time_shift", [0.5, 1.0, 2.0, 3.0])
def test_shifted_times(time_shift):
    """The ends stay, order stays, and odds of the time are multiplied by the shift."""
    times = np.linspace(0, 1, 11)
    shifted = shift_times(times, time_shift)
    assert shifted[0] == 0 and shifted[-1] == 1 and np.all(np.diff(shifted) > 0)
    odds, shifted_odds = (t[1:-1] / (1 - t[1:-1]) for t in (times, shifted))
    np.testing.assert_allclose(shifted_odds, time_shift * odds)
    # So many times as dense at 1, so many times as thin at 0.
    slopes = np.diff(shift_times(np.array([0, 1e-6, 1 - 1e-6, 1]), time_shift)) / 1e-6
    np.testing.assert_allclose(slopes[[0, 2]], [time_shift, 1 / time_shift], rtol=1e-4)


def test_add_noise_mixes_each_picture_at_its_own_rates():
    random = np.random.default_rng(0)
    images, masks = random.normal(size=(2, 3, 4, 5, 2)).astype("float32")
    noise, signal = rates(np.linspace(0, 1, 3).reshape(3, 1, 1, 1))
    noisy = keras.ops.convert_to_numpy(add_noise(images, masks, noise, signal))
    for i in range(3):
        expected = signal[i, 0, 0, 0] * images[i] + noise[i, 0, 0, 0] * masks[i]
        np.testing.assert_allclose(noisy[i], expected, atol=1e-6)


def test_noisy_pictures_keep_variance_one():
    random = np.random.default_rng(1)
    images, masks = random.normal(size=(2, 6, 100, 100, 1)).astype("float32")
    times = np.linspace(0, 1, 6).reshape(6, 1, 1, 1)
    noisy = keras.ops.convert_to_numpy(add_noise(images, masks, *rates(times)))
    # 10,000 values: the standard error of a variance is sqrt(2 / 10,000) = 0.014.
    np.testing.assert_allclose(noisy.var(axis=(1, 2, 3)), 1, atol=5 * 0.014)


# ------------------------------------------------------------------ DDPM's schedule


def numbers(tensors):
    return [np.asarray(keras.ops.convert_to_numpy(t)) for t in tensors]


def test_linear_schedule_is_the_product_of_ddpms_steps():
    """Ho et al. 2020, eq. 4, in exact fractions; the paper's last step is 4e-5."""
    product, products = Fraction(1), []
    for step in range(1000):
        beta = Fraction(1, 10_000) + Fraction(step, 999) * Fraction(199, 10_000)
        product *= 1 - Fraction(round(float(beta) * 2**60), 2**60)
        products.append(float(product))
        product = Fraction(round(product * 2**200), 2**200)  # else it grows and grows
    noise, signal = numbers(LinearSchedule()(np.linspace(0, 1, 1000)))
    np.testing.assert_allclose(signal**2, products, rtol=2e-5)
    np.testing.assert_allclose(noise**2 + signal**2, 1, atol=1e-6)
    assert noise[0] == pytest.approx(0.01, rel=1e-4)
    assert signal[-1] ** 2 == pytest.approx(4.036e-5, rel=1e-3)


def test_linear_schedule_keeps_shapes_and_stops_at_its_ends():
    noise, signal = numbers(LinearSchedule()(np.full((3, 1, 1, 1), 2.0)))
    assert noise.shape == signal.shape == (3, 1, 1, 1)
    np.testing.assert_allclose(signal, numbers(LinearSchedule()(1.0))[1])


@pytest.mark.parametrize(
    "arguments",
    [(0.0, 0.02), (0.03, 0.02), (1e-4, 1.0), (1e-4, 0.02, 1), (1e-4, 0.02, 2.5)],
)
def test_linear_schedule_says_what_it_needs(arguments):
    with pytest.raises(ValueError, match="needs 0 < beta_start|positive integer"):
        LinearSchedule(*arguments)


# ----------------------------------------------------------- times of noise levels

SCHEDULES = [CosineSchedule(), CosineSchedule(0.1, 0.9), LinearSchedule()]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_times_undo_the_schedule(schedule):
    times = np.linspace(0.001, 0.999, 50).reshape(50, 1).astype("float32")
    noise, signal = numbers(schedule(times))
    (found,) = numbers([schedule.times(np.log(signal / noise))])
    np.testing.assert_allclose(found, times, atol=2e-4)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", SPACINGS)
def test_spacings_fall_from_one(schedule, name):
    times = [float(SPACINGS[name](float(k), 8.0, schedule)) for k in range(8)]
    assert times[0] == 1.0
    assert np.all(np.diff(times) < 0)
    assert times[-1] == (pytest.approx(1 / 8) if name == "lecture" else 0.0)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_log_snr_spacing_is_even_in_the_log_snr(schedule):
    times = [SPACINGS["log_snr"](float(k), 9.0, schedule) for k in range(9)]
    noise, signal = numbers(schedule(np.array(times, "float32")))
    steps = np.diff(np.log(signal / noise))
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.02)


def test_quadratic_spacing_is_that_of_the_paper():
    """DDIM's app. D.2: times proportional to squares."""
    times = [float(SPACINGS["quadratic"](float(k), 5.0, None)) for k in range(5)]
    np.testing.assert_allclose(times, np.array([16, 9, 4, 1, 0]) / 16, atol=1e-6)


def test_schedules_come_back_from_their_config():
    for schedule in SCHEDULES:
        again = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(schedule)
        )
        assert type(again) is type(schedule)
        assert again.get_config() == schedule.get_config()
