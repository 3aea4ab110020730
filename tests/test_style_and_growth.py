"""The generator by styles, and the GAN that grows."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_gen.gans import (
    GAN,
    ProgressiveGAN,
    build_discriminator,
    build_style_generator,
    mixed_styles,
)
from keras_gen.gans.style import AddNoise, StyleMixing, StyleModulation

SHAPE, LATENTS, WIDTHS = (16, 16, 3), 4, (4, 6)


def latents(num=5, seed=0):
    values = np.random.default_rng(seed).standard_normal((num, LATENTS))
    return values.astype("float32")


def lively(model, seed=0):
    """Every weight away from its beginning, so that each shows in the picture."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(weight + 0.3 * rng.standard_normal(weight.shape))
    return model


@pytest.fixture(scope="module")
def generator():
    return lively(build_style_generator(SHAPE, LATENTS, WIDTHS, 8, mapping_layers=2))


# -------------------------------------------------------------------------- styles


def test_styles_give_each_channel_its_mean_and_its_spread():
    layer = lively(StyleModulation(), seed=1)
    maps = np.random.default_rng(0).normal(3.0, 2.0, (2, 8, 8, 5)).astype("float32")
    style = np.random.default_rng(1).standard_normal((2, 3)).astype("float32")
    found = ops.convert_to_numpy(layer([maps, style]))
    scale, offset = np.split(style @ layer.affine.get_weights()[0], 2, axis=1)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), offset, atol=1e-4)
    np.testing.assert_allclose(found.std(axis=(1, 2)), np.abs(1 + scale), rtol=2e-3)


def test_noise_is_one_number_a_pixel_and_in_use_always_the_same():
    layer = AddNoise(seed=0)
    x = np.zeros((2, 4, 4, 3), "float32")
    begin = ops.convert_to_numpy(layer(x, training=True))
    assert not begin.any()  # strengths begin at 0
    layer.strength.assign([1.0, 2.0, 0.0])
    one, two = (ops.convert_to_numpy(layer(x, training=True)) for _ in range(2))
    assert (one != two).any() and (one[0] != one[1]).any()
    np.testing.assert_array_equal(2 * one[..., 0], one[..., 1])
    assert not one[..., 2].any()
    used, again = (ops.convert_to_numpy(layer(x)) for _ in range(2))
    np.testing.assert_array_equal(used, again)
    np.testing.assert_array_equal(used[0], used[1])
    assert used.any()


def test_mixing_goes_over_to_the_neighbour_once():
    styles = np.arange(64.0, dtype="float32")[:, None] * np.ones((1, 2), "float32")
    layer = StyleMixing(4, 0.75, seed=0)
    kept = ops.convert_to_numpy(layer(styles))
    assert (kept == styles[:, None]).all()
    mixed = ops.convert_to_numpy(layer(styles, training=True))[..., 0]
    own = mixed == np.arange(64)[:, None]
    assert own[:, 0].all()  # the first stage is always its own
    assert (np.diff(own.astype(int), axis=1) <= 0).all()  # no way back
    neighbour = np.roll(np.arange(64), 1)[:, None]
    assert (own | (mixed == neighbour)).all()
    assert 0.55 < (~own).any(axis=1).mean() < 0.95
    assert len(set(own.sum(axis=1).tolist())) == 4  # at 1, 2 or 3, or never


def test_each_stage_takes_its_own_style(generator):
    """All of one, all of the other, and between: low stages decide on more."""
    one, other = latents(seed=1), latents(seed=2)
    drawn = {n: mixed_styles(generator, one, other, n).astype(int) for n in range(4)}
    made = GAN(generator, build_discriminator(SHAPE, (4, 8))).draw
    np.testing.assert_array_equal(drawn[3], made(one))
    np.testing.assert_array_equal(drawn[0], made(other))
    for n in (1, 2):
        assert (drawn[n] != drawn[n - 1]).any() and (drawn[n] != drawn[n + 1]).any()


def test_a_latent_vector_s_length_says_nothing(generator):
    one = generator.predict(latents(), verbose=0)
    np.testing.assert_allclose(
        generator.predict(3 * latents(), verbose=0), one, atol=1e-5
    )


def test_style_generator_learns_a_colour():
    images = np.zeros((64, *SHAPE), "uint8")
    images[..., 0] = 200
    gan = GAN(
        build_style_generator(SHAPE, LATENTS, WIDTHS, 8),
        build_discriminator(SHAPE, (4, 8), normalization=None),
        r1=1.0,
        seed=0,
    )
    gan.compile(keras.optimizers.Adam(3e-3, beta_1=0.5))
    # The game swings about the colour at first (red from 90 to 250 at epoch 30, by
    # seed and machine) and comes to rest.
    gan.fit(images, batch_size=16, epochs=80, verbose=0)
    red, green, blue = gan.generate(16, seed=0).mean(axis=(0, 1, 2))
    assert abs(red - 200) < 40 and max(green, blue) < 20, (red, green, blue)


# -------------------------------------------------------------------------- growth


def grown(stage, **how):
    return ProgressiveGAN(SHAPE, LATENTS, WIDTHS, stage, seed=0, **how)


def test_every_stage_doubles_the_size():
    sizes = [grown(stage).generate(1, seed=0).shape[1:3] for stage in range(3)]
    assert sizes == [(4, 4), (8, 8), (16, 16)]


def test_a_new_stage_begins_as_the_old_one_enlarged():
    """Both networks: what they have learned goes over, and counts in full at first."""
    small = lively(grown(1, fade_steps=10))
    small.trained_steps.assign(99.0)
    large = small.grown()
    assert (large.stage, float(large.share())) == (2, 0.0)
    drawn = small.draw(latents())
    enlarged = drawn.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(large.draw(latents()), enlarged, atol=1)
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 3)).astype("float32")
    twice = pictures.repeat(2, axis=1).repeat(2, axis=2)
    ones, zeros = np.ones((3, 1), "float32"), np.zeros((3, 1), "float32")
    np.testing.assert_allclose(
        large.discriminator.predict([twice, zeros], verbose=0),
        small.discriminator.predict([pictures, ones], verbose=0),
        atol=1e-5,
    )
    large.trained_steps.assign(5.0)
    half = large.draw(latents())
    large.trained_steps.assign(10.0)
    assert (half != enlarged).any() and (large.draw(latents()) != half).any()
    with pytest.raises(ValueError, match="Stage 2 is the last one: .* of 16 x 16"):
        large.grown()


def test_true_pictures_are_made_as_small_and_as_smooth():
    images = np.random.default_rng(0).integers(0, 256, (2, *SHAPE), dtype="uint8")
    signed = images / 127.5 - 1
    means = signed.reshape(2, 4, 4, 4, 4, 3).mean(axis=(2, 4))
    small, condition = grown(0)._parts(images)
    np.testing.assert_allclose(ops.convert_to_numpy(small), means, atol=1e-5)
    assert condition == []
    model = grown(2, fade_steps=4)
    model.trained_steps.assign(1.0)
    faded, [share] = model._parts(images)
    coarse = signed.reshape(2, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    coarse = coarse.repeat(2, axis=1).repeat(2, axis=2)
    expected = 0.75 * coarse + 0.25 * signed
    np.testing.assert_allclose(ops.convert_to_numpy(faded), expected, atol=1e-5)
    assert (ops.convert_to_numpy(share) == 0.25).all()


def test_steps_of_training_are_counted_and_those_of_evaluation_not():
    model = grown(1, fade_steps=4)
    model.compile()
    images = np.zeros((6, *SHAPE), "uint8")
    model.fit(images, batch_size=2, verbose=0)
    model.evaluate(images, batch_size=2, verbose=0)
    assert float(model.trained_steps.value) == 3 and float(model.share()) == 0.75


def test_bad_input():
    with pytest.raises(ValueError, match="stage must be an integer from 0 to 2; got 3"):
        grown(3)
    with pytest.raises(ValueError, match="fade_steps must be a positive integer"):
        grown(0, fade_steps=0)
    with pytest.raises(ValueError, match="divisible by 4"):
        ProgressiveGAN((10, 8, 3), widths=(4, 8))
    with pytest.raises(ValueError, match="mapping_layers must be a positive integer"):
        build_style_generator(SHAPE, mapping_layers=0)
    with pytest.raises(ValueError, match="mixing must be a number in"):
        build_style_generator(SHAPE, mixing=2)
