"""Autoguidance: both networks' predictions, and what is drawn with them."""

import keras
import numpy as np
import pytest

from keras_gen import training
from keras_gen.diffusion import DiffusionModel, autoguided, build_unet, guided_noise

SHAPE = (8, 8, 1)


def made(seed, **how):
    """A small model whose network says something of its own."""
    model = DiffusionModel(build_unet(SHAPE, (4, 8), 1), ema=0, **how)
    rng = np.random.default_rng(seed)
    for variable in model.unet.trainable_variables:
        variable.assign(rng.normal(0, 0.3, variable.shape))
    model.normalizer.adapt(np.array([0.0, 255.0]).reshape(2, 1, 1, 1))
    return model


@pytest.fixture(scope="module")
def both():
    return made(0), made(1)


def test_noise_is_moved_away_from_the_guides(both):
    model, guide = both
    noisy = np.random.default_rng(2).normal(size=(3, *SHAPE)).astype("float32")
    rates = np.full((3, 1, 1, 1), 0.6, "float32"), np.full((3, 1, 1, 1), 0.8, "float32")
    better, worse, came = (
        keras.ops.convert_to_numpy(one.denoise(noisy, *rates)[1])
        for one in (model, guide, autoguided(model, guide, 2.5))
    )
    np.testing.assert_allclose(came, guided_noise(worse, better, 2.5), atol=1e-5)


@pytest.mark.parametrize(("scale", "alone"), [(1.0, 0), (0.0, 1)])
def test_at_1_the_model_draws_alone_and_at_0_its_guide(both, scale, alone):
    pictures = autoguided(*both, guidance_scale=scale).generate(2, 3, seed=0)
    expected = both[alone].generate(2, 3, seed=0)
    assert np.abs(pictures.astype(int) - expected).max() <= 1
    assert expected.std() > 10


def test_one_file_holds_both(both, tmp_path):
    model = autoguided(*both, guidance_scale=1.5)
    model.save(tmp_path / "guided.keras")
    loaded = training.load_model(tmp_path / "guided.keras")
    for how in ({}, {"sampler": "heun"}):
        expected = model.generate(2, 3, seed=0, **how)
        np.testing.assert_array_equal(loaded.generate(2, 3, seed=0, **how), expected)


def test_a_guide_may_be_named(both, tmp_path):
    model, guide = both
    guide.save(tmp_path / "guide.keras")
    expected = autoguided(model, guide).generate(2, 3, seed=0)
    named = autoguided(model, str(tmp_path / "guide.keras"))
    np.testing.assert_array_equal(named.generate(2, 3, seed=0), expected)
    with pytest.raises(FileNotFoundError, match="no checkpoint 'nobody'"):
        autoguided(model, "nobody")


def test_its_parts_stay_as_they_were(both):
    names = [model.unet.name for model in both]
    autoguided(*both)
    assert [model.unet.name for model in both] == names


def test_what_does_not_fit_is_one_sentence(both):
    model, _ = both
    wider = DiffusionModel(build_unet((16, 8, 1), (4, 8), 1))
    with pytest.raises(ValueError, match=r"same image_shape; got \(8, 8, 1\) and \(16"):
        autoguided(model, wider)
    with pytest.raises(ValueError, match="same target; got noise and velocity"):
        autoguided(model, made(1, target="velocity"))
    with pytest.raises(ValueError, match="same image_shape; got .* and None"):
        autoguided(model, build_unet(SHAPE, (4, 8), 1))
    with pytest.raises(ValueError, match="guidance_scale must be"):
        autoguided(model, model, guidance_scale=-1)
