"""The reverse process against the exact one of a Gaussian; guidance by text.

If pictures are Gaussian, the best guess of the noise in a noisy one is known, and so
is where the reverse process ends as its steps become endlessly small: the share of a
deviation stays the same all the way, because the process maps quantiles to quantiles.
"""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.integrate import solve_ivp

from keras_gen import backend
from keras_gen.diffusion import (
    DDIM,
    SAMPLERS,
    SPACINGS,
    CosineSchedule,
    LinearSchedule,
    TextConditionedDiffusionModel,
    build_unet,
    ddim_step,
    ddpm_step,
    drop_text,
    guided_noise,
    reverse_diffusion,
)
from keras_gen.diffusion.samplers import Rates, fresh_noise_rates

MEAN = np.array([0.5, -1.0])
COVARIANCES = {
    "diagonal": np.diag([0.3, 1.2]) ** 2,
    "full": np.array([[0.5, 0.45], [0.45, 0.9]]),
    "nearly flat": np.array([[1.0, 0.9], [0.9, 0.82]]),
}
by_covariance = pytest.mark.parametrize("name", COVARIANCES)


def to_numpy(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def exact_denoiser(mean, covariance):
    """What is expected of picture and noise, given a noisy picture of two pixels."""

    def denoise(noisy_images, noise_rates, signal_rates):
        noise, signal = noise_rates[0, 0, 0, 0], signal_rates[0, 0, 0, 0]
        noisy = ops.reshape(noisy_images, (-1, 2))
        total = signal**2 * covariance.astype("float32") + noise**2 * np.eye(
            2, dtype="float32"
        )
        gain = signal * ops.matmul(covariance.astype("float32"), ops.inv(total))
        centre = mean.astype("float32")
        images = centre + ops.matmul(noisy - signal * centre, ops.transpose(gain))
        masks = (noisy - signal * images) / noise
        return [ops.reshape(x, ops.shape(noisy_images)) for x in (images, masks)]

    return denoise


def walker(denoise, schedule, **how):
    """The walk of points `(batch, 2)` as one program, whatever the number of steps."""
    program = backend.compile(
        lambda start, steps: reverse_diffusion(denoise, schedule, start, steps, **how)
    )

    def walk(points, num_steps):
        start = ops.convert_to_tensor(points.reshape(-1, 1, 2, 1), "float32")
        found = program(start, ops.convert_to_tensor(num_steps, "int32"))
        return [to_numpy(x).reshape(-1, 2) for x in found]

    return walk


def walk(name, schedule, noise, num_steps, **how):
    """Noisy pictures at time 0, `(batch, 2)`, from standard normal `noise`."""
    denoise = exact_denoiser(MEAN, COVARIANCES[name])
    return walker(denoise, schedule, **how)(noise, num_steps)


def rates(schedule, time):
    noise, signal = schedule(np.float32(time))
    return float(noise), float(signal)


def exact_end(name, schedule, noise):
    """Where the walk ends after endlessly many steps: (noisy pictures, pictures)."""
    variances, axes = np.linalg.eigh(COVARIANCES[name])
    (noise_1, signal_1), (noise_0, signal_0) = rates(schedule, 1), rates(schedule, 0)
    start = (noise.reshape(-1, 2) - signal_1 * MEAN) @ axes
    deviation_1 = np.sqrt(signal_1**2 * variances + noise_1**2)
    deviation_0 = np.sqrt(signal_0**2 * variances + noise_0**2)
    end = start * deviation_0 / deviation_1
    pictures = end * signal_0 * variances / deviation_0**2
    return signal_0 * MEAN + end @ axes.T, MEAN + pictures @ axes.T


POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-2.0, 1.5]])


@by_covariance
def test_walk_ends_where_the_exact_one_does(name):
    schedule = CosineSchedule()
    noisy, images = walk(name, schedule, POINTS, 400)
    end, pictures = exact_end(name, schedule, POINTS)
    np.testing.assert_allclose(noisy, end, atol=0.02)
    np.testing.assert_allclose(images, pictures, atol=0.02)


ORDERS = {"ddim": 1, "euler": 1, "heun": 2, "dpm_solver": 2}


@pytest.mark.parametrize("spacing", ["lecture", "log_snr"])
@pytest.mark.parametrize("sampler", ORDERS)
def test_error_falls_with_the_order_of_the_sampler(sampler, spacing):
    """Twice the steps: half the error, or a quarter."""
    schedule = CosineSchedule(min_signal_rate=0.1)
    for name in COVARIANCES:
        end, _ = exact_end(name, schedule, POINTS)
        denoise = exact_denoiser(MEAN, COVARIANCES[name])
        walk = walker(denoise, schedule, sampler=sampler, spacing=spacing)
        errors = [np.abs(walk(POINTS, n)[0] - end).max() for n in (20, 40, 80)]
        orders = np.log2(np.divide(errors[:-1], errors[1:]))
        np.testing.assert_allclose(orders, ORDERS[sampler], atol=0.3, err_msg=name)


MODES = np.array([[-1.5, 0.5], [1.0, 1.0], [0.5, -1.5]])
WEIGHTS, WIDTH = np.array([0.5, 0.3, 0.2]), 0.4


def mixture_denoiser(noisy_images, noise_rates, signal_rates):
    """The exact one for pictures from three round Gaussians, of unequal weights."""
    noise, signal = noise_rates[0, 0, 0, 0], signal_rates[0, 0, 0, 0]
    noisy = ops.reshape(noisy_images, (-1, 1, 2))
    variance = signal**2 * WIDTH**2 + noise**2
    away = noisy - signal * MODES.astype("float32")
    scores = np.log(WEIGHTS).astype("float32") - ops.sum(away**2, -1) / (2 * variance)
    shares = ops.softmax(scores)[..., None]
    means = MODES.astype("float32") + signal * WIDTH**2 / variance * away
    images = ops.reshape(ops.sum(shares * means, axis=1), ops.shape(noisy_images))
    return images, (noisy_images - signal_rates * images) / noise_rates


def exact_walk_through_the_mixture(points):
    """SciPy's, in another variable: by the angle, along the velocity."""
    angles = np.arccos([0.1, 0.95])

    def velocity(angle, flat):
        noise, signal = np.sin(angle), np.cos(angle)
        away = flat.reshape(-1, 1, 2) - signal * MODES
        variance = signal**2 * WIDTH**2 + noise**2
        density = WEIGHTS * np.exp(-np.sum(away**2, -1) / (2 * variance))
        shares = (density / density.sum(axis=1, keepdims=True))[..., None]
        images = (shares * (MODES + signal * WIDTH**2 / variance * away)).sum(axis=1)
        masks = (flat.reshape(-1, 2) - signal * images) / noise
        return (signal * masks - noise * images).ravel()

    solved = solve_ivp(velocity, angles, points.ravel(), rtol=1e-9, atol=1e-9)
    return solved.y[:, -1].reshape(-1, 2)


@pytest.mark.parametrize("sampler", ORDERS)
def test_error_falls_where_the_paths_bend(sampler):
    """Between the Gaussians of a mixture the way to the nearest is no straight line."""
    schedule = CosineSchedule(min_signal_rate=0.1)
    points = np.random.default_rng(0).normal(size=(64, 2))
    end = exact_walk_through_the_mixture(points)
    walk = walker(mixture_denoiser, schedule, sampler=sampler)
    errors = [
        np.sqrt(np.mean((walk(points, steps)[0] - end) ** 2)) for steps in (40, 80, 160)
    ]
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(orders, ORDERS[sampler], atol=0.35)


@pytest.mark.parametrize("sampler", ["ddpm", DDIM(1.0), DDIM(0.5)])
@by_covariance
def test_noise_on_the_way_leaves_mean_and_covariance(name, sampler):
    """With signal rates from 0.002 to 1, noise becomes the Gaussian itself."""
    check_samples(name, sampler, num_steps=150)


def test_ddpm_is_ddim_with_all_the_fresh_noise():
    images, masks, fresh = np.random.default_rng(0).normal(size=(3, 5, 1, 2, 1))
    schedule = CosineSchedule()
    times = np.linspace(0.1, 1.0, 5).reshape(-1, 1, 1, 1)
    now, following = Rates(*schedule(times)), Rates(*schedule(times - 0.1))
    noisy = now.signal * images + now.noise * masks
    rates = fresh_noise_rates(now, following)
    ddim = ddim_step(images, masks, *following, fresh, rates)
    ddpm = ddpm_step(noisy, images, now, following, fresh)
    np.testing.assert_allclose(to_numpy(ddim), to_numpy(ddpm), atol=1e-5)


def test_ddpm_step_is_bayes_rule():
    """The posterior of two Gaussians, by precision: Bishop 2006, eq. 2.113 ff."""
    now, following = Rates(0.8, 0.6), Rates(0.6, 0.8)
    step = now.signal / following.signal
    added = now.noise**2 - (step * following.noise) ** 2
    precision = 1 / following.noise**2 + step**2 / added
    for noisy, image in [(0.3, -1.0), (-2.0, 0.5)]:
        mean = following.signal * image / following.noise**2 + step * noisy / added
        drawn = [
            float(ddpm_step(np.float32(noisy), np.float32(image), now, following, z))
            for z in (0.0, 1.0)
        ]
        assert drawn[0] == pytest.approx(mean / precision, abs=1e-5)
        assert drawn[1] - drawn[0] == pytest.approx(precision**-0.5, abs=1e-5)


def test_euler_is_ddim_by_another_name():
    ways = [
        walk("full", CosineSchedule(), POINTS, 7, sampler=sampler)
        for sampler in ("ddim", "euler")
    ]
    for ours, expected in zip(*ways, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("schedule", [CosineSchedule(0.02, 1.0), LinearSchedule()])
def test_every_walk_is_finite_and_ends(sampler, spacing, schedule):
    """Also where no noise is left at the end, with one step, and with two."""
    denoise = exact_denoiser(MEAN, COVARIANCES["diagonal"])

    walk = walker(denoise, schedule, sampler=sampler, spacing=spacing)
    for steps in (1, 2, 12):
        assert np.all(np.isfinite(walk(POINTS, steps))), steps


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("schedule", [CosineSchedule(0.02, 1.0), LinearSchedule()])
def test_each_question_is_asked_where_there_is_less_noise(spacing, schedule):
    times = [
        float(to_numpy(SPACINGS[spacing](float(k), 12.0, schedule))) for k in range(12)
    ]
    assert times[0] == 1.0 and (np.diff(times) < 0).all(), times


def test_fresh_noise_is_another_in_each_step_and_from_each_seed():
    def denoise(noisy_images, noise_rates, signal_rates):
        return ops.zeros_like(noisy_images), ops.zeros_like(noisy_images)

    start = ops.zeros((1, 8, 8, 1))
    seen = []
    for seed, first in [(0, 0), (0, 1), (1, 0), (0, 0)]:
        counts = {"first_step": first, "last_step": first + 1}
        noisy, _ = reverse_diffusion(
            denoise, CosineSchedule(), start, 4, sampler="ddpm", seed=seed, **counts
        )
        noisy = to_numpy(noisy)
        seen.append(noisy / noisy.std())
    np.testing.assert_array_equal(seen[0], seen[3])
    at_the_start = to_numpy(keras.random.normal((1, 8, 8, 1), seed=0))
    for other in (seen[1], seen[2], at_the_start):
        correlation = np.corrcoef(seen[0].ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 0.5


@by_covariance
def test_samples_have_the_mean_and_covariance_of_the_pictures(name):
    """With signal rates from 0.002 to 1, noise becomes the Gaussian itself."""
    check_samples(name, "ddim", num_steps=300)


def check_samples(name, sampler, num_steps):
    num = 20_000
    noise = np.random.default_rng(0).normal(size=(num, 2))
    schedule = CosineSchedule(0.002, 1.0)
    samples, _ = walk(name, schedule, noise, num_steps, sampler=sampler)
    covariance = COVARIANCES[name]
    deviations = np.sqrt(np.diag(covariance))
    # Four standard errors, and what 300 steps and a signal of 0.002 leave: 0.01.
    error = 4 * deviations / np.sqrt(num) + 0.01
    assert np.all(np.abs(samples.mean(axis=0) - MEAN) < error)
    spread = np.sqrt(covariance**2 + np.outer(deviations, deviations) ** 2)
    found = np.cov(samples, rowvar=False)
    assert np.all(np.abs(found - covariance) < 4 * spread / np.sqrt(num) + 0.02)


def test_walk_in_two_stretches_is_the_whole_walk():
    denoise = exact_denoiser(MEAN, COVARIANCES["full"])
    start = ops.convert_to_tensor(POINTS.reshape(-1, 1, 2, 1), "float32")
    schedule = CosineSchedule()
    whole = reverse_diffusion(denoise, schedule, start, 6)
    half, _ = reverse_diffusion(denoise, schedule, start, 6, last_step=2)
    rest = reverse_diffusion(denoise, schedule, half, 6, first_step=2)
    for ours, expected in zip(rest, whole, strict=True):
        np.testing.assert_allclose(to_numpy(ours), to_numpy(expected), atol=1e-5)


def test_denoiser_is_asked_at_the_times_of_the_lecture():
    """A stand-in network keeps each noise rate that it sees in one pixel."""

    def denoise(noisy_images, noise_rates, signal_rates):
        seen = ops.concatenate([noisy_images[:, :, 1:], noise_rates], axis=2)
        return seen, seen

    def schedule(times):
        return times, ops.ones_like(times)

    seen, _ = reverse_diffusion(denoise, schedule, ops.zeros((1, 1, 4, 1)), 4)
    # A step hands on 1 * seen + (the next time) * seen; no noise rate is below 1e-6.
    expected = np.zeros(4)
    for time in (1, 0.75, 0.5, 0.25):
        expected = np.append(expected[1:], time) * (1 + max(time - 0.25, 1e-6))
    np.testing.assert_allclose(to_numpy(seen).ravel(), expected, atol=1e-6)


def test_ddim_step_mixes_again():
    images, masks = np.random.default_rng(0).normal(size=(2, 3, 1, 2, 1))
    noise = np.array([0.1, 0.5, 0.9]).reshape(3, 1, 1, 1)
    signal = np.sqrt(1 - noise**2)
    mixed = to_numpy(ddim_step(images, masks, noise, signal))
    np.testing.assert_allclose(mixed, signal * images + noise * masks, atol=1e-6)


# ---------------------------------------------------------------------- guidance


@pytest.mark.parametrize("scale, expected", [(0, -1.0), (1, 3.0), (2.5, 9.0), (-1, -5)])
def test_guidance_goes_from_one_prediction_past_the_other(scale, expected):
    uncond, cond = np.full((2, 3), -1.0), np.full((2, 3), 3.0)
    guided = to_numpy(guided_noise(uncond, cond, scale))
    np.testing.assert_allclose(guided, np.full((2, 3), expected), atol=1e-6)


@pytest.mark.parametrize("shape", [(4000, 3), (4000, 2, 3)])
def test_text_is_dropped_whole_at_the_given_rate(shape):
    texts = np.random.default_rng(0).uniform(1, 2, shape).astype("float32")
    kept = to_numpy(drop_text(texts, 0.3, seed=5))
    alive = kept.reshape(len(texts), -1).any(axis=1)
    np.testing.assert_array_equal(kept[alive], texts[alive])  # whole and unscaled
    assert 1 - alive.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 4000))


@pytest.mark.parametrize("rate, left", [(0.0, 1.0), (1.0, 0.0)])
def test_text_is_dropped_never_or_always(rate, left):
    texts = np.ones((500, 3), "float32")
    np.testing.assert_array_equal(to_numpy(drop_text(texts, rate, seed=0)), left)


def test_dropping_draws_anew_each_time():
    texts, seed = np.ones((500, 3), "float32"), keras.random.SeedGenerator(0)
    first, second = (to_numpy(drop_text(texts, 0.5, seed)) for _ in range(2))
    assert np.any(first != second)


# ------------------------------------------------- the diffusion model with a text

SHAPE = (4, 6, 2)
batches_seen = []


@keras.saving.register_keras_serializable(package="tests")
class Echo(keras.layers.Layer):
    """Says, instead of noise, what text came: text + 10 times negative text."""

    def call(self, noisy_images, noise_rates, text, negative=None):
        batches_seen.append(noisy_images.shape[0])
        said = text if negative is None else text + 10.0 * negative
        said = ops.reshape(ops.mean(said, axis=-1), (-1, 1, 1, 1))
        return said * ops.ones_like(noisy_images)


def echo_model(negative=False, **kwargs):
    shapes = [SHAPE, (1, 1, 1), (3,), (3,)][: 3 + negative]
    inputs = [keras.Input(shape) for shape in shapes]
    given = keras.layers.Normalization(mean=100.0, variance=100.0, axis=None)
    return TextConditionedDiffusionModel(
        keras.Model(inputs, Echo()(*inputs)), normalizer=given, ema=0, **kwargs
    )


def batch(num, negative=False):
    texts = np.arange(1.0, num + 1).repeat(3).reshape(num, 3)
    inputs = {"images": np.full((num, *SHAPE), 100, "uint8")}
    inputs["text_embeddings"] = texts.astype("float32")
    if negative:
        inputs["negative_embeddings"] = np.full((num, 3), -0.5, "float32")
    return inputs


def heard(model, inputs, training):
    """What text the network heard for each example."""
    return to_numpy(model(inputs, training=training)[1])[:, 0, 0, 0]


def test_call_drops_texts_in_training_only():
    texts = np.arange(1.0, 201)
    model = echo_model(drop_rate=0.4, seed=1)
    np.testing.assert_allclose(heard(model, batch(200), training=False), texts)
    told = heard(model, batch(200), training=True)
    dropped = told == 0
    assert 0.25 < dropped.mean() < 0.55
    np.testing.assert_allclose(told[~dropped], texts[~dropped], rtol=1e-6)
    never = heard(echo_model(drop_rate=0.0), batch(200), training=True)
    np.testing.assert_allclose(never, texts)


def test_triples_reach_the_network():
    model = echo_model(negative=True, drop_rate=0.0)
    told = heard(model, batch(3, negative=True), training=True)
    np.testing.assert_allclose(told, [1 - 5, 2 - 5, 3 - 5])
    always = echo_model(negative=True, drop_rate=1.0)
    assert not heard(always, batch(3, negative=True), training=True).any()


def walk_with(noise, said, num_steps=3):
    """The walk if the network always says the same, `said`, one an example."""
    schedule = CosineSchedule()
    said = np.reshape(said, (-1, 1, 1, 1))
    for step in range(num_steps):
        noise_rate, signal_rate = rates(schedule, 1 - step / num_steps)
        images = (noise - noise_rate * said) / signal_rate
        noise_rate, signal_rate = rates(schedule, 1 - (step + 1) / num_steps)
        noise = signal_rate * images + noise_rate * said
    return np.clip(100 + 10 * images, 0, 255)


@pytest.mark.parametrize(
    "negative, scale, away, expected",
    [
        (False, 1.0, None, 0.02),  # the text alone
        (False, 0.0, None, 0.0),  # no text
        (False, 4.0, None, 0.08),  # beyond the text
        (False, 1.0, -0.01, 0.02),  # scale 1 knows no negative text
        (False, 0.0, -0.01, -0.01),
        (False, 4.0, -0.01, -0.01 + 4 * 0.03),  # away from the negative text
        (True, 1.0, None, 0.02),
        (True, 1.0, -0.001, 0.01),  # triples: the negative text is an input
        (True, 0.0, -0.001, 0.0),
        (True, 3.0, -0.001, 0.03),
    ],
)
def test_guidance_in_generate(negative, scale, away, expected):
    model = echo_model(negative=negative)
    texts = np.full((2, 3), 0.02, "float32")
    noise = 0.01 * np.random.default_rng(0).normal(size=(2, *SHAPE))
    pictures = model.generate(
        texts,
        diffusion_steps=3,
        guidance_scale=scale,
        negative_embeddings=None if away is None else np.full((1, 3), away),
        noise=noise,
    )
    assert np.abs(pictures - walk_with(noise, expected)).max() <= 1
    other = walk_with(noise, expected + 0.005)
    assert np.abs(pictures - other).max() > 1  # the test can tell


def test_both_branches_are_one_batch():
    model = echo_model()
    batches_seen.clear()
    model.generate(np.ones((3, 3)), diffusion_steps=2, seed=0)
    assert set(batches_seen) == {6}


@pytest.fixture(scope="module")
def text_model():
    """A model whose pictures depend on noise, text, and negative text."""
    unet = build_unet(SHAPE, widths=(4, 6), block_depth=1, text_shape=(3,))
    random = np.random.default_rng(0)
    for weight in unet.trainable_variables:
        weight.assign(random.normal(0, 0.3, weight.shape))
    noisy, noise_rates, _ = unet.inputs
    sane = keras.Model(unet.inputs, noisy * noise_rates + 0.02 * unet.output)
    given = keras.layers.Normalization(mean=127.0, variance=900.0, axis=None)
    return TextConditionedDiffusionModel(sane, normalizer=given, ema=0)


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.0])
def test_generate_with_text_is_the_loop_of_the_lecture(text_model, scale):
    random = np.random.default_rng(1)
    texts, away = random.normal(size=(2, 2, 3)).astype("float32")
    start = text_model.noise(2, seed=4)
    pictures = text_model.generate(
        texts, 3, guidance_scale=scale, negative_embeddings=away, seed=4, clip=False
    )
    noisy, schedule = start, CosineSchedule()
    for step in range(3):
        noise_rate, signal_rate = rates(schedule, 1 - step / 3)
        column = np.full((2, 1, 1, 1), noise_rate, "float32")
        noisy = noisy.astype("float32")
        cond, uncond = (
            to_numpy(text_model.unet([noisy, column, text])) for text in (texts, away)
        )
        masks = (1 - scale) * uncond + scale * cond
        images = (noisy - noise_rate * masks) / signal_rate
        noise_rate, signal_rate = rates(schedule, 1 - (step + 1) / 3)
        noisy = signal_rate * images + noise_rate * masks
    expected = np.clip(127 + 30 * images, 0, 255)
    assert np.abs(pictures - expected).max() <= 1


def test_seed_noise_and_batch_size_with_text(text_model):
    texts = np.random.default_rng(1).normal(size=(3, 3))
    first = text_model.generate(texts, 2, seed=4)
    assert first.shape == (3, *SHAPE) and first.dtype == "uint8"
    np.testing.assert_array_equal(text_model.generate(texts, 2, seed=4), first)
    assert np.any(text_model.generate(texts, 2, seed=5) != first)
    given = text_model.generate(texts, 2, noise=text_model.noise(3, seed=4))
    np.testing.assert_array_equal(given, first)
    parts = text_model.generate(texts, 2, seed=4, batch_size=2).astype(int)
    assert np.abs(parts - first).max() <= 1
    frames = text_model.trajectory(texts, 2, seed=4).astype(int)
    assert frames.shape == (3, 3, *SHAPE) and np.abs(frames[-1] - first).max() <= 1
    same = text_model.generate(texts[[0, 0]], 2, noise=text_model.noise(1, seed=4)[0])
    np.testing.assert_array_equal(same[0], same[1])


def test_new_scale_and_text_compile_nothing_new():
    model = echo_model()
    model.generate(np.ones((3, 3)), diffusion_steps=2, guidance_scale=1.0, seed=0)
    batches_seen.clear()
    model.generate(np.zeros((3, 3)), diffusion_steps=5, guidance_scale=7.5, seed=1)
    model.generate(np.zeros((3, 3)), 4, negative_embeddings=np.ones((3, 3)), seed=2)
    assert batches_seen == []
    model.generate(np.zeros((5, 3)), 4, seed=2)
    batches_seen.clear()
    model.generate(np.zeros((6, 3)), 4, seed=2)  # five were filled up
    assert batches_seen == []


def test_fit_and_evaluate_with_text(text_model):
    text_model.compile("sgd")
    inputs = batch(4)
    loss = text_model.fit(inputs, batch_size=2, verbose=0).history["loss"][0]
    assert np.isfinite(loss)
    assert np.isfinite(text_model.evaluate(inputs, batch_size=2, verbose=0))


@pytest.mark.parametrize(
    "use, said",
    [
        (lambda m: m.generate(np.ones((2, 4))), r"text_emb.* \(batch, 3\); .*\(2, 4\)"),
        (
            lambda m: m.generate(np.ones((2, 3)), guidance_scale=float("nan")),
            "guidance_scale must be a number of at least 0; got nan",
        ),
        (lambda m: m.generate(np.ones(3)), r"text_embeddings .* got \(3,\)"),
        (lambda m: m.generate(np.ones((0, 3))), r"text_embeddings .* got \(0, 3\)"),
        (
            lambda m: m.generate(np.ones((2, 3)), negative_embeddings=np.ones((2, 4))),
            r"negative_embeddings must have the shape \(batch, 3\); got \(2, 4\)",
        ),
        (
            lambda m: m.generate(np.ones((2, 3)), negative_embeddings=np.ones((3, 3))),
            r"negative_embeddings must be one or as many .*\(2\); got 3",
        ),
        (
            lambda m: m.generate(np.ones((2, 3)), noise=np.ones((3, *SHAPE))),
            r"noise must have the shape .*\(2, 4, 6, 2\).* got \(3, 4, 6, 2\)",
        ),
        (
            lambda m: m.fit({"images": batch(2)["images"]}, verbose=0),
            "must have the entries images and text_embeddings; missing: text_embedd",
        ),
        (
            lambda m: m.fit({**batch(2), "images": np.ones((2, 4, 4, 2))}, verbose=0),
            r"images must have the shape .* got \(2, 4, 4, 2\)",
        ),
        (
            lambda m: m.fit(
                {**batch(2), "text_embeddings": np.ones((2, 4), "float32")}, verbose=0
            ),
            r"text_embeddings must have the shape \(batch, 3\); got \(2, 4\)",
        ),
    ],
)
def test_bad_texts_are_one_sentence(use, said):
    model = echo_model()
    model.compile("sgd")
    with pytest.raises(ValueError, match=said) as error:
        use(model)
    assert "\n" not in str(error.value)


def test_networks_without_text_are_refused():
    inputs = [keras.Input(SHAPE), keras.Input((1, 1, 1))]
    unet = keras.Model(inputs, inputs[0] * inputs[1])
    with pytest.raises(ValueError, match="got 2 inputs. Give build_unet a text_shape"):
        TextConditionedDiffusionModel(unet)
    with pytest.raises(ValueError, match="drop_rate must be a number in"):
        echo_model(drop_rate=1.5)
