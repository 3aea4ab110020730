"""What must hold for every model, whatever it is for."""

import inspect
import operator
import runpy
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_gen.training import load_checkpoint, save_checkpoint, seed_generators

zoo = runpy.run_path(str(Path(__file__).with_name("zoo.py")))


def values_of(variables):
    return [keras.ops.convert_to_numpy(v.value) for v in variables]


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def train_step(model, data, epoch):
    """One gradient step on all of the data, with the epoch's random numbers."""
    seed_generators(model, 0, epoch)
    history = model.fit(data, batch_size=zoo["NUM"], shuffle=False, verbose=0)
    return history.history["loss"][0]


@pytest.fixture(scope="module", params=zoo["ZOO"])
def trained(request, tmp_path_factory):
    """A model after one step, and what was true then."""
    keras.utils.set_random_seed(0)
    model, data = zoo["ZOO"][request.param]()
    before = values_of(zoo["fill"](model).weights)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9))
    train_step(model, data, epoch=0)
    path = tmp_path_factory.mktemp(request.param) / "model.keras"
    save_checkpoint(model, path, {"epoch": 1})
    return SimpleNamespace(
        model=model,
        data=data,
        path=path,
        steps=list(zip(model.weights, before, values_of(model.weights), strict=True)),
        outputs=zoo["outputs"](model, data),
    )


def arguments_of(model):
    """The names of the constructor's arguments, of our classes alone."""
    ours = [c for c in type(model).__mro__ if c.__module__.startswith("keras_gen")]
    names = {name for c in ours for name in inspect.signature(c.__init__).parameters}
    return names - {"self", "args", "kwargs"}


def test_config_makes_the_same_model(trained):
    model, config = trained.model, trained.model.get_config()
    copy = type(model).from_config(model.get_config())  # Keras empties what it reads
    assert copy.get_config() == config
    assert arguments_of(model) <= config.keys()
    for name in arguments_of(model):
        value = getattr(model, name, None)
        if isinstance(value, int | float | str | tuple):
            assert config[name] == getattr(copy, name) == value, name
    assert [w.shape for w in copy.weights] == [w.shape for w in model.weights]


def test_every_trainable_weight_learns(trained):
    for weight, before, after in trained.steps:
        # Softmax does not change when every key is shifted alike, nor a difference of
        # scores when both are: those biases have no gradient.
        shifts_all = weight.path.endswith("key/bias") or (
            weight.path.endswith("logits/bias")
            and trained.model.adversarial_loss == "wasserstein"
        )
        if weight.trainable and not shifts_all:
            assert np.abs(after - before).max() > 0, weight.path
            assert np.isfinite(after).all(), weight.path


def test_the_text_encoder_is_frozen(trained):
    if not hasattr(trained.model, "embed"):
        return
    frozen = {id(weight) for weight in trained.model.encoder.weights}
    for weight, before, after in trained.steps:
        if id(weight) in frozen:
            np.testing.assert_array_equal(before, after, err_msg=weight.path)


def test_saved_and_loaded_model_gives_the_same(trained):
    loaded, state = load_checkpoint(trained.path)
    assert state == {"epoch": 1}
    assert type(loaded) is type(trained.model)
    assert_same(zoo["outputs"](loaded, trained.data), trained.outputs)


def test_training_goes_on_after_loading_as_without(trained):
    models = [trained.model, load_checkpoint(trained.path)[0]]
    losses = [train_step(model, trained.data, epoch=1) for model in models]
    assert losses[0] == losses[1]
    for attribute in ("weights", "optimizer.variables"):
        variables = [operator.attrgetter(attribute)(model) for model in models]
        assert len(variables[0]) > 0
        for one, two in zip(*variables, strict=True):
            np.testing.assert_array_equal(one.value, two.value, err_msg=one.path)


def test_summary_lists_the_parts(trained):
    lines = []
    trained.model.summary(print_fn=lambda line, **_: lines.append(line))
    num = sum(w.size for w in values_of(trained.model.trainable_weights))
    assert f"Trainable params: {num:,} " in "\n".join(lines)


@pytest.fixture
def mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("name", zoo["ZOO"])
def test_half_precision_trains_and_loads(name, mixed_precision, tmp_path):
    model, data = zoo["ZOO"][name]()
    zoo["fill"](model)
    model.compile(keras.optimizers.SGD(0.01))
    assert any(layer.compute_dtype == "bfloat16" for layer in model._flatten_layers())
    assert {w.dtype for w in model.weights} == {"float32"}
    assert np.isfinite(train_step(model, data, epoch=0))
    expected = zoo["outputs"](model, data)
    save_checkpoint(model, tmp_path / "model.keras", {})
    keras.config.set_dtype_policy("float32")  # the file knows its own policy
    loaded, _ = load_checkpoint(tmp_path / "model.keras")
    assert_same(zoo["outputs"](loaded, data), expected)
    assert all(np.isfinite(array).all() for array in expected.values())
