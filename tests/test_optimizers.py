"""Muon: each direction of a kernel counts the same, and all else is AdamW's."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import recipes
from keras_gen.data import Pictures
from keras_gen.optimizers import Muon


def array(variable):
    return ops.convert_to_numpy(variable.value)


def moved(optimizer, shape, gradients, seed=0):
    """A variable before and after some steps."""
    rng = np.random.default_rng(seed)
    start = rng.normal(size=shape).astype("float32")
    variable = keras.Variable(start)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    return start, array(variable)


def gradients(shape, num=1, seed=1):
    return np.random.default_rng(seed).normal(size=(num, *shape)).astype("float32")


@pytest.mark.parametrize("shape", [(3, 3, 4, 8), (3, 3, 8, 100), (2, 1, 4, 20)])
def test_all_directions_of_a_kernel_are_equally_long(shape):
    """As those of U @ V.T, from NumPy's decomposition; Muon comes near to it."""
    [gradient] = gradients(shape)
    gradient[..., 0] *= 100.0  # which would be all of a plain step
    start, end = moved(Muon(1e-2, weight_decay=None), shape, [gradient])
    step = (start - end).reshape(-1, shape[-1])
    u, lengths, v = np.linalg.svd(gradient.reshape(step.shape), full_matrices=False)
    assert lengths[0] > 20 * lengths[-1]
    directions = np.diag(u.T @ step @ v.T) / (1e-2 * 0.2 * max(step.shape) ** 0.5)
    assert np.all((directions > 0.6) & (directions < 1.3))
    # Nothing but these directions, up to how far each is from 1.
    rest = step / np.linalg.norm(step) - u @ v / np.linalg.norm(u @ v)
    assert np.linalg.norm(rest) < 0.25


def test_a_step_has_the_length_that_its_documentation_says():
    shape = (3, 3, 16, 32)
    start, end = moved(Muon(1e-2, weight_decay=None), shape, gradients(shape))
    length = np.mean((end - start) ** 2) ** 0.5
    assert length == pytest.approx(0.2e-2, rel=0.2)


def test_the_momentum_of_a_kernel_is_nesterov_s():
    """The second step follows the gradient and 0.95 of what has been."""
    shape = (3, 3, 4, 8)
    first, second = gradients(shape, 2)
    _, once = moved(Muon(1e-2, weight_decay=None), shape, [first])
    _, twice = moved(Muon(1e-2, weight_decay=None), shape, [first, second])
    average = 0.95 * first + second
    start, alone = moved(
        Muon(1e-2, weight_decay=None, nesterov=False), shape, [second + 0.95 * average]
    )
    np.testing.assert_allclose(twice - once, alone - start, atol=1e-5)


@pytest.mark.parametrize("shape", [(8,), (4, 8), (1, 1, 4, 8), (4, 2, 8)])
def test_all_else_moves_as_with_adamw(shape):
    steps = gradients(shape, 3)
    ours = Muon(3e-3, adam_weight_decay=None, weight_decay=None)
    theirs = keras.optimizers.AdamW(1e-3, weight_decay=0.0)
    _, found = moved(ours, shape, steps)
    _, expected = moved(theirs, shape, steps)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_it_is_saved_with_its_model(tmp_path):
    def network():
        keras.utils.set_random_seed(0)
        layers = [keras.Input((4, 4, 3)), keras.layers.Conv2D(8, 3)]
        model = keras.Sequential(layers)
        model.compile(Muon(1e-2, weight_decay=1e-3), loss="mean_squared_error")
        return model

    x, y = gradients((16, 4, 4, 3))[0], gradients((16, 2, 2, 8))[0]
    model = network()
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, again):
        one.fit(x, y, epochs=1, shuffle=False, verbose=0)
    assert isinstance(again.optimizer, Muon)
    for one, other in zip(model.weights, again.weights, strict=True):
        np.testing.assert_allclose(array(one), array(other), atol=1e-7)


def test_a_recipe_s_rate_is_adamw_s_and_kernels_move_at_three_times_it():
    pictures = Pictures(np.zeros((8, 8, 8, 3), "uint8"))
    settings = {"image_size": 8, "widths": (4, 8), "epochs": 100}
    made = recipes.recipe("diffusion", learning_rate=1e-3, **settings)
    muon = recipes.build(made, pictures).optimizer
    highest = muon.get_config()["learning_rate"]["config"]["warmup_target"]
    assert isinstance(muon, Muon)
    assert highest == pytest.approx(3e-3)
    assert highest * muon.adam_lr_ratio == pytest.approx(1e-3)


def test_bad_optimizers_are_refused():
    with pytest.raises(ValueError, match="optimizer must be adamw or muon; got 'sgd'"):
        recipes.recipe("vae", optimizer="sgd")
    said = "optimizer is for models with one of them, .* got 'muon' for gan"
    with pytest.raises(ValueError, match=said):
        recipes.recipe("gan", optimizer="muon")
