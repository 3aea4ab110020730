"""The diffusion model: its equations, its average, its pictures."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from keras_gen.diffusion import (
    DDIM,
    SAMPLERS,
    CosineSchedule,
    DiffusionModel,
    build_unet,
    shift_times,
)
from keras_gen.diffusion.generation import Walk
from keras_gen.diffusion.schedules import LinearSchedule

SHAPE = (4, 6, 2)
START, END = np.arccos(0.95), np.arccos(0.02)  # the schedule's angles


def small_unet(seed=None):
    """A tiny U-Net; with a seed, every trainable weight gets a random value."""
    unet = build_unet(SHAPE, widths=(4, 6), block_depth=1)
    if seed is not None:
        random = np.random.default_rng(seed)
        for weight in unet.trainable_variables:
            weight.assign(random.normal(0, 0.3, weight.shape))
    return unet


def pictures(num=6, seed=0):
    """Dark random pictures: mean and deviation differ from channel to channel."""
    random = np.random.default_rng(seed)
    images = random.normal([90, 160], [20, 40], (num, *SHAPE))
    return np.clip(images, 0, 255).astype("uint8")


def make_model(unet, **kwargs):
    model = DiffusionModel(unet, seed=3, **kwargs)
    model.normalizer.adapt(pictures())
    return model


def arrays(tensors):
    return [np.asarray(ops.convert_to_numpy(t)) for t in tensors]


@keras.saving.register_keras_serializable(package="tests")
class Oracle(keras.layers.Layer):
    """Knows the one picture there is, and so the noise in any noisy version of it."""

    def __init__(self, target):
        super().__init__()
        self.target = target

    def call(self, noisy_images, noise_rates):
        signal_rates = ops.sqrt(1.0 - noise_rates**2)
        picture = ops.cast(pictures(1, seed=7), "float32")
        picture = (picture - np.array([90.0, 160.0])) / np.array([20.0, 40.0])
        noise_masks = (noisy_images - signal_rates * picture) / noise_rates
        if self.target == "noise":
            return noise_masks
        return signal_rates * noise_masks - noise_rates * picture


@pytest.fixture(scope="module", params=["noise", "velocity"])
def oracle(request):
    """A model that has learnt everything about a set of one picture."""
    images, rates = keras.Input(SHAPE), keras.Input((1, 1, 1))
    given = keras.layers.Normalization(mean=[90.0, 160.0], variance=[400.0, 1600.0])
    unet = keras.Model([images, rates], Oracle(request.param)(images, rates))
    return DiffusionModel(unet, normalizer=given, target=request.param, ema=0)


@pytest.fixture(scope="module")
def drawn():
    """A model that draws, without training: of normal noise, and a U-Net adds a bit.

    Normal pictures stay normal under noise, so the best guess of the noise in them is
    `noise_rates * noisy_images`.
    """
    unet = small_unet(seed=0)
    guess = unet.inputs[0] * unet.inputs[1]
    return make_model(keras.Model(unet.inputs, guess + 0.05 * unet.output))


@pytest.fixture(scope="module")
def untrained():
    """A model that predicts zero noise."""
    return make_model(small_unet())


# ----------------------------------------------------------------- the equations


def test_denoise_undoes_add_noise(oracle):
    random = np.random.default_rng(0)
    image = (pictures(1, seed=7) - [90, 160]) / [20.0, 40.0]
    masks = random.normal(size=(3, *SHAPE)).astype("float32")
    angles = np.linspace(START, END, 3).reshape(3, 1, 1, 1)
    noise, signal = np.sin(angles), np.cos(angles)
    noisy = (signal * image + noise * masks).astype("float32")
    found = oracle.denoise(noisy, noise.astype("float32"), signal.astype("float32"))
    found_images, found_masks = arrays(found)
    np.testing.assert_allclose(found_masks, masks, atol=1e-4)
    # Dividing by a signal rate of 0.02 makes rounding 50 times larger.
    np.testing.assert_allclose(
        found_images, np.repeat(image, 3, axis=0), rtol=1e-3, atol=1e-3
    )


def test_who_knows_the_noise_has_no_loss_and_draws_the_picture(oracle):
    images = np.repeat(pictures(1, seed=7), 3, axis=0)
    outputs = oracle(images)
    assert float(oracle.compute_loss(images, y_pred=outputs)) < 1e-6
    np.testing.assert_array_equal(oracle.generate(3, diffusion_steps=4, seed=0), images)


def test_call_mixes_and_splits_with_the_same_rates(drawn):
    images = pictures(5)
    pred_images, pred_masks, masks = arrays(drawn(images))
    normalized = ops.convert_to_numpy(drawn.normalizer(images))
    # signal * image + noise * mask is the same before and after, whatever the net
    # says, so the ratio of the rates is the same all over a picture.
    ratios = (pred_masks - masks) / (normalized - pred_images)
    ratios = ratios.reshape(5, -1)
    middle = np.median(ratios, axis=1, keepdims=True)
    np.testing.assert_allclose(ratios, np.repeat(middle, 48, axis=1), rtol=2e-2)
    angles = np.arctan2(1, middle[:, 0])
    assert np.all((angles > START - 1e-3) & (angles < END + 1e-3))
    assert len(np.unique(angles.round(4))) == 5  # each picture has its own time
    # And what comes back is what the U-Net says of the noisy picture.
    noise, signal = (f(angles).reshape(5, 1, 1, 1) for f in (np.sin, np.cos))
    noisy = signal * normalized + noise * masks
    said = drawn.ema_unet([noisy, noise.astype("float32")], training=False)
    np.testing.assert_allclose(ops.convert_to_numpy(said), pred_masks, atol=1e-2)


def test_times_are_uniform_and_noise_is_normal(untrained):
    num = 2000
    images = np.repeat(pictures(1), num, axis=0)
    pred_images, _, masks = arrays(untrained(images))
    normalized = ops.convert_to_numpy(untrained.normalizer(images))
    # A net that predicts no noise leaves image + noise / signal * mask.
    ratios = ((pred_images - normalized) * masks).sum(axis=(1, 2, 3))
    ratios = ratios / (masks**2).sum(axis=(1, 2, 3))
    times = (np.arctan(ratios) - START) / (END - START)
    assert stats.kstest(times, "uniform").pvalue > 0.01
    assert stats.kstest(masks.ravel()[:20000], "norm").pvalue > 0.01
    again = ops.convert_to_numpy(untrained(images)[2])
    assert np.abs(again - masks).max() > 1  # fresh noise at each call


def test_loss_is_the_mean_squared_error_of_the_masks(drawn):
    outputs = drawn(pictures(4))
    _, pred_masks, masks = arrays(outputs)
    assert float(drawn.compute_loss(y_pred=outputs)) == pytest.approx(
        np.mean((pred_masks - masks) ** 2), rel=1e-5
    )
    weights = np.array([0.0, 1.0, 2.0, 0.5], "float32")
    each = np.mean((pred_masks - masks) ** 2, axis=(1, 2, 3))
    weighted = drawn.compute_loss(y_pred=outputs, sample_weight=weights)
    assert float(weighted) == pytest.approx(np.mean(weights * each), rel=1e-5)


@pytest.mark.parametrize(
    "loss", ["mean_absolute_error", keras.losses.MeanAbsoluteError()], ids=type
)
def test_loss_may_be_the_books_mean_absolute_error(loss):
    model = make_model(small_unet(), ema=0)
    model.compile("sgd", loss=loss)
    random = np.random.default_rng(0)
    pred_masks, masks = random.normal(size=(2, 4, *SHAPE)).astype("float32")
    outputs = (None, ops.convert_to_tensor(pred_masks), ops.convert_to_tensor(masks))
    each = np.mean(np.abs(pred_masks - masks), axis=(1, 2, 3))
    assert float(model.compute_loss(y_pred=outputs)) == pytest.approx(each.mean())
    weights = np.array([0.0, 1.0, 2.0, 0.5], "float32")
    weighted = model.compute_loss(y_pred=outputs, sample_weight=weights)
    assert float(weighted) == pytest.approx(np.mean(weights * each), rel=1e-5)


# ---------------------------------------------------------------- the normaliser


def test_normaliser_makes_mean_zero_and_variance_one_of_each_channel(untrained):
    normalized = ops.convert_to_numpy(untrained.normalizer(pictures()))
    np.testing.assert_allclose(normalized.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(normalized.var(axis=(0, 1, 2)), 1, atol=1e-4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"mean": [90.0, 160.0], "variance": [400.0, 1600.0]},
        {"axis": None, "mean": 127.5, "variance": 127.5**2},
    ],
    ids=["per channel", "scalar"],
)
def test_pictures_come_back_from_the_normaliser(arguments):
    given = keras.layers.Normalization(**arguments)
    model = DiffusionModel(small_unet(), normalizer=given, ema=0)
    images = pictures()
    normalized = ops.convert_to_numpy(model.normalizer(images))
    back = model.to_pictures(normalized)
    assert back.dtype == "uint8"
    np.testing.assert_array_equal(back, images)
    loud = model.to_pictures(np.where(normalized > 0, 99.0, -99.0))
    np.testing.assert_array_equal(loud, np.where(normalized > 0, 255, 0))


def test_unadapted_normaliser_is_one_sentence():
    model = DiffusionModel(small_unet(), ema=0)
    model.compile("sgd")
    for use in (lambda: model.fit(pictures()), lambda: model.generate(1)):
        with pytest.raises(ValueError, match=r"call model\.normalizer\.adapt\(images"):
            use()


# -------------------------------------------------------------------- the average


class Weights(keras.callbacks.Callback):
    """Keeps the U-Net's weights at the end of each epoch."""

    def on_train_begin(self, logs=None):
        self.kept = [self.model.unet.get_weights()]

    def on_epoch_end(self, epoch, logs=None):
        self.kept.append(self.model.unet.get_weights())


class Listening(CosineSchedule):
    """Keeps the times that it is asked for."""

    def __call__(self, diffusion_times):
        self.times = ops.convert_to_numpy(diffusion_times)
        return super().__call__(diffusion_times)


def test_times_are_shifted_in_training_alone():
    def times(training, **shift):
        model = make_model(small_unet(), schedule=Listening(), **shift)
        model(pictures(200), training=training)
        return model.schedule.times

    uniform = times(True)
    np.testing.assert_allclose(times(True, time_shift=3.0), shift_times(uniform, 3.0))
    for same in (times(False), times(False, time_shift=3.0)):
        np.testing.assert_array_equal(same, uniform)
    assert 0.4 < uniform.mean() < 0.6


def test_time_shift_survives_the_config():
    model = make_model(small_unet(), time_shift=2.5)
    assert DiffusionModel.from_config(model.get_config()).time_shift == 2.5


@pytest.fixture(scope="module")
def trained():
    """A model after two calls of `fit` of one step an epoch, and all its weights."""
    model = make_model(small_unet(seed=0), ema=0.25)
    model.compile(keras.optimizers.Adam(0.02))
    first, second = Weights(), Weights()
    for epochs, callback in ((2, first), (3, second)):
        model.fit(
            pictures(), epochs=epochs, batch_size=6, verbose=0, callbacks=callback
        )
    return model, first.kept + second.kept[1:]


def test_average_is_that_of_numpy(trained):
    model, kept = trained
    average = [np.array(w) for w in kept[0]]
    for step, weights in enumerate(kept[:-1], start=1):
        decay = min(0.25, step / (step + 9))
        average = [
            decay * a + (1 - decay) * w for a, w in zip(average, weights, strict=True)
        ]
    for ours, numpy in zip(model.ema_unet.get_weights(), average, strict=True):
        np.testing.assert_allclose(ours, numpy, rtol=1e-5, atol=1e-6)
    moved = [np.abs(a - b).max() for a, b in zip(kept[0], kept[-1], strict=True)]
    assert min(moved) > 1e-4 and int(ops.convert_to_numpy(model.ema_steps)) == 5


def test_average_draws_and_evaluates_and_the_weights_train(trained):
    model, _ = trained
    random = np.random.default_rng(0)
    noisy = random.normal(size=(6, *SHAPE)).astype("float32")
    rates = np.full((6, 1, 1, 1), 0.6, "float32")
    _, masks = model.denoise(noisy, rates, rates, training=False)
    said = [arrays([net([noisy, rates])])[0] for net in (model.ema_unet, model.unet)]
    np.testing.assert_allclose(ops.convert_to_numpy(masks), said[0], atol=1e-6)
    assert np.abs(said[0] - said[1]).max() > 1e-3
    # In training, from the statistics of the batch: that network is `unet` alone.
    steps = float(ops.convert_to_numpy(model.ema_steps))
    _, masks = model.denoise(noisy, rates, rates, training=True)
    trained_net = ops.convert_to_numpy(model.unet([noisy, rates], training=True))
    np.testing.assert_allclose(ops.convert_to_numpy(masks), trained_net, atol=1e-5)
    assert float(ops.convert_to_numpy(model.ema_steps)) == steps


def test_everything_works_after_fit(trained):
    model, _ = trained
    losses = [model.evaluate(pictures(), batch_size=6, verbose=0) for _ in range(2)]
    assert np.all(np.isfinite(losses)) and losses[0] != losses[1]  # fresh noise
    outputs = model.predict(pictures(), batch_size=6, verbose=0)
    assert [x.shape for x in outputs] == [(6, *SHAPE)] * 3
    before = model.generate(2, 2, seed=0)
    history = model.fit(pictures(5), batch_size=2, verbose=0)  # and a batch of one
    assert np.isfinite(history.history["loss"][0])
    assert np.any(model.generate(2, 2, seed=0) != before)


def test_without_average_the_weights_themselves_draw():
    model = make_model(small_unet(), ema=0)
    assert model.ema_unet is model.unet
    assert len(model.trainable_variables) == len(model.unet.trainable_variables)
    before = model.generate(2, 2, seed=0)
    for weight in model.unet.trainable_variables:
        weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    assert np.any(model.generate(2, 2, seed=0) != before)
    model.compile("sgd")
    model.fit(pictures(), batch_size=6, verbose=0)
    assert float(ops.convert_to_numpy(model.ema_steps)) == 0


def test_average_is_never_trained(untrained):
    assert not untrained.ema_unet.trainable_variables
    ours = {id(v) for v in untrained.trainable_variables}
    assert ours == {id(v) for v in untrained.unet.trainable_variables}


def test_loss_starts_at_the_variance_of_the_noise_and_falls():
    model = make_model(small_unet())
    model.compile(keras.optimizers.Adam(0.01))
    images = np.tile(pictures(1), (64, 1, 1, 1)) // 2  # one dark picture, not the mean
    losses = model.fit(images, batch_size=64, epochs=25, verbose=0).history["loss"]
    # The first step knows nothing: 3,072 squares of normal noise, 1 +- 0.026.
    assert losses[0] == pytest.approx(1, abs=5 * 0.026)
    assert np.mean(losses[-5:]) < 0.6


# -------------------------------------------------------------------- generation


def reverse_by_hand(model, noise, num_steps, clip):
    """DDIM as the lecture writes it, in NumPy but for the network."""
    noisy = np.array(noise, "float64")
    mean, variance = arrays([model.normalizer.mean, model.normalizer.variance])
    for step in range(num_steps):
        angles = [
            START + time * (END - START)
            for time in (1 - step / num_steps, 1 - (step + 1) / num_steps)
        ]
        rates = np.full((len(noisy), 1, 1, 1), np.sin(angles[0]), "float32")
        masks = model.ema_unet([noisy.astype("float32"), rates], training=False)
        masks = ops.convert_to_numpy(masks)
        images = (noisy - np.sin(angles[0]) * masks) / np.cos(angles[0])
        if clip:
            pixels = np.clip(images * np.sqrt(variance) + mean, 0, 255)
            images = (pixels - mean) / np.sqrt(variance)
            masks = (noisy - np.cos(angles[0]) * images) / np.sin(angles[0])
        noisy = np.cos(angles[1]) * images + np.sin(angles[1]) * masks
    return np.clip(mean + images * np.sqrt(variance), 0, 255)


@pytest.mark.parametrize("num_steps, clip", [(1, False), (5, False), (5, True)])
def test_generate_is_the_loop_of_the_lecture(drawn, num_steps, clip):
    noise = drawn.noise(3, seed=1)
    pictures = drawn.generate(3, diffusion_steps=num_steps, seed=1, clip=clip)
    assert pictures.dtype == "uint8" and pictures.shape == (3, *SHAPE)
    expected = reverse_by_hand(drawn, noise, num_steps, clip)
    assert np.abs(pictures - expected).max() <= 1
    assert len(np.unique(pictures)) > 20  # says something
    if num_steps > 1:  # the test can tell the two loops apart
        other = reverse_by_hand(drawn, noise, num_steps, not clip)
        assert np.abs(pictures - other).max() > 1


def test_channel_without_variance_is_drawn_as_it_is():
    images = pictures() * np.array([0, 1], "uint8")
    model = DiffusionModel(small_unet(), ema=0)
    model.normalizer.adapt(images)
    assert not model.generate(2, 2, seed=0)[..., 0].any()


def test_start_is_normal_noise_that_the_seed_decides(drawn):
    noise = drawn.noise(500, seed=1)
    assert noise.shape == (500, *SHAPE) and noise.dtype == "float32"
    assert stats.kstest(noise.ravel(), "norm").pvalue > 0.01
    np.testing.assert_array_equal(noise, drawn.noise(500, seed=1))
    assert np.any(noise != drawn.noise(500, seed=2))
    assert np.any(drawn.noise(2) != drawn.noise(2))  # no seed: another each time


def test_same_seed_same_pictures_other_seed_others(drawn):
    first = drawn.generate(3, 3, seed=1)
    np.testing.assert_array_equal(drawn.generate(3, 3, seed=1), first)
    assert np.any(drawn.generate(3, 3, seed=2) != first)


@pytest.mark.parametrize("batch_size", [2, 3, 5])
def test_batch_size_does_not_change_the_pictures(drawn, batch_size):
    whole = drawn.generate(5, 3, seed=1).astype(int)
    parts = drawn.generate(5, 3, seed=1, batch_size=batch_size)
    assert parts.shape == whole.shape and np.abs(parts - whole).max() <= 1


def test_generating_leaves_the_training_alone(drawn):
    state = arrays([drawn.seed_generator.state])
    drawn.generate(3, 3, seed=1)
    np.testing.assert_array_equal(arrays([drawn.seed_generator.state]), state)


def test_trajectory_goes_from_noise_to_the_pictures_of_generate(drawn):
    frames = drawn.trajectory(3, diffusion_steps=4, seed=1)
    assert frames.shape == (5, 3, *SHAPE) and frames.dtype == "uint8"
    np.testing.assert_array_equal(frames[0], drawn.to_pictures(drawn.noise(3, seed=1)))
    last = drawn.generate(3, diffusion_steps=4, seed=1).astype(int)
    assert np.abs(frames[-1] - last).max() <= 1
    # In between lie the noisy pictures: of two steps, the first goes half the way.
    half = drawn.trajectory(3, diffusion_steps=2, seed=1)[1]
    assert np.any(half != frames[1]) and np.any(frames[1] != frames[0])


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("spacing", ["lecture", "log_snr"])
def test_every_sampler_draws_by_seed_and_step_by_step_the_same(drawn, sampler, spacing):
    how = {"diffusion_steps": 3, "sampler": sampler, "spacing": spacing}
    pictures = drawn.generate(3, seed=1, **how)
    np.testing.assert_array_equal(drawn.generate(3, seed=1, **how), pictures)
    assert np.any(drawn.generate(3, seed=2, **how) != pictures)
    frames = drawn.trajectory(3, seed=1, **how).astype(int)
    assert np.abs(frames[-1] - pictures).max() <= 1


def test_batches_get_noise_of_their_own_on_the_way(drawn):
    noise = np.repeat(drawn.noise(1, seed=0), 4, axis=0)
    walk = Walk(3, "ddpm", seed=0)
    pictures = drawn._draw(noise, walk, batch_size=2)
    assert len({picture.tobytes() for picture in pictures}) == 4


class Counting(CosineSchedule):
    """Counts how often it is asked, which is while a program is being traced."""

    asked = 0

    def __call__(self, diffusion_times):
        Counting.asked += 1
        return super().__call__(diffusion_times)


def test_new_steps_and_seeds_compile_nothing_new():
    model = make_model(small_unet(), schedule=Counting(), ema=0.9)
    pictures_1 = model.generate(2, diffusion_steps=2, seed=0)
    asked = Counting.asked
    assert 0 < asked < 10
    model.generate(2, diffusion_steps=7, seed=1)
    model.trajectory(2, diffusion_steps=3, seed=2)
    model.generate(2, diffusion_steps=2, clip=False, sampler=DDIM())
    for weight in model.ema_unet.weights:
        weight.assign(np.full(weight.shape, 0.1))
    assert np.any(model.generate(2, diffusion_steps=2, seed=0) != pictures_1)
    assert Counting.asked == asked
    model.generate(5, diffusion_steps=2, seed=0)  # another size is another program,
    asked, before = Counting.asked, asked
    assert asked > before
    pictures_6 = model.generate(6, diffusion_steps=2, seed=0)  # of which there are few
    assert Counting.asked == asked
    assert pictures_6.shape == (6, *SHAPE)
    assert model.trajectory(5, diffusion_steps=2, seed=0).shape == (3, 5, *SHAPE)


def test_a_sampler_may_hold_a_row_for_each_picture(drawn):
    """As one does that keeps a part of each picture (lecture 09)."""
    known = ops.ones((5, *SHAPE))

    def constant(denoise, noisy_images, previous_images, levels, draw_noise):
        return noisy_images, known * denoise(noisy_images, *levels.now)[0]

    assert drawn.generate(5, 2, seed=0, sampler=constant).shape == (5, *SHAPE)
    assert drawn.trajectory(5, 2, seed=0, sampler=constant).shape == (3, 5, *SHAPE)


def test_another_schedule_is_heeded():
    model = make_model(small_unet(), ema=0.9)
    first = model.generate(2, diffusion_steps=2, seed=0)
    model.schedule = LinearSchedule()
    assert (model.generate(2, diffusion_steps=2, seed=0) != first).any()


# --------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "use, said",
    [
        (
            lambda m: m.generate(1, sampler="dim"),
            "sampler must be one of ddim, ddpm, euler, heun, dpm_solver; got 'dim'",
        ),
        (lambda m: m.trajectory(1, spacing="odd"), "spacing must be one of lecture, "),
        (lambda m: m.generate(0), "num_images must be a positive integer; got 0"),
        (lambda m: m.generate(2, 0), "diffusion_steps must be a positive .* got 0"),
        (lambda m: m.generate(2, 2.5), "diffusion_steps must be .* got 2.5"),
        (lambda m: m.trajectory(2, -1), "diffusion_steps must be .* got -1"),
        (lambda m: m.generate(2, batch_size=0), "batch_size must be .* got 0"),
        (lambda m: m.generate(2, seed=-1), "seed must be an integer from 0 .* got -1"),
        (lambda m: m.generate(2, seed="a"), "seed must be an integer .* got 'a'"),
        (
            lambda m: m.fit({"images": pictures()}),
            "pictures alone; got a dict of im",
        ),
        (lambda m: m.fit(pictures()[..., :1]), r"\(batch, 4, 6, 2\); .*\(6, 4, 6, 1"),
        (lambda m: m(pictures()[0]), r"images must have .* got \(4, 6, 2\)"),
    ],
)
def test_bad_input_is_one_sentence(untrained, use, said):
    untrained.compile("sgd")
    with pytest.raises(ValueError, match=said):
        use(untrained)


@pytest.mark.parametrize("time_shift", [0, -1.0, float("nan"), "much"])
def test_bad_time_shift_is_one_sentence(time_shift):
    with pytest.raises(ValueError, match="time_shift must be a number above 0; got"):
        DiffusionModel(None, SHAPE, time_shift=time_shift)


@pytest.mark.parametrize("ema", [-0.1, 1.5, "much"])
def test_bad_decay_is_one_sentence(ema):
    with pytest.raises(ValueError, match="ema must be a number in"):
        DiffusionModel(None, SHAPE, ema=ema)
    with pytest.raises(ValueError, match="ema must be below 1"):
        DiffusionModel(None, SHAPE, ema=1)


def test_wrong_pictures_do_not_cost_the_weights(untrained):
    untrained.compile("sgd")
    before = untrained.unet.get_weights()
    with pytest.raises(ValueError, match="must have the shape"):
        untrained.fit(pictures()[:, :2])
    for old, new in zip(before, untrained.unet.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


def test_velocity_is_another_name_for_picture_and_noise():
    model = make_model(small_unet(seed=0), target="velocity")
    images = pictures()
    (normalised,) = arrays([model.normalizer(images)])
    noise = np.random.default_rng(0).normal(size=normalised.shape).astype("float32")
    times = np.linspace(0, 1, len(images), dtype="float32").reshape(-1, 1, 1, 1)
    noise_rates, signal_rates = arrays(model.schedule(times))
    noisy = signal_rates * normalised + noise_rates * noise
    (output,) = arrays([model.ema_unet([noisy, noise_rates])])
    pred_images, pred_noise = arrays(model.denoise(noisy, noise_rates, signal_rates))
    # Whatever the U-Net says, picture and noise add up to the noisy picture, and give
    # its output back.
    mixed = signal_rates * pred_images + noise_rates * pred_noise
    np.testing.assert_allclose(mixed, noisy, atol=1e-4)
    velocity = signal_rates * pred_noise - noise_rates * pred_images
    np.testing.assert_allclose(velocity, output, rtol=1e-4, atol=1e-4)
    loss = model.compute_loss(images, None, (pred_images, pred_noise, noise))
    truth = signal_rates * noise - noise_rates * normalised
    np.testing.assert_allclose(float(loss), np.mean((output - truth) ** 2), rtol=1e-4)


def test_unknown_target_is_named():
    with pytest.raises(ValueError, match="target must be noise or velocity; got 'x0'"):
        DiffusionModel(small_unet(), target="x0")


def test_average_is_exact_in_mixed_precision():
    """In bfloat16, 256 + 1 is 256, and a small step of the average is none."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make_model(small_unet())
        model.ema_steps.assign(256.0)
        model.compile(keras.optimizers.SGD(0.0))
        model.fit(pictures(), batch_size=2, epochs=1, verbose=0)
    finally:
        keras.config.set_dtype_policy(policy)
    assert float(ops.convert_to_numpy(model.ema_steps)) == 259.0
