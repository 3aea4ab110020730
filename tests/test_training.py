"""Checkpoints that stay whole, and training that is taken up exactly."""

import functools
import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_gen import plots, recipes, training
from keras_gen.autoencoders import VAE, build_decoder, build_encoder
from keras_gen.data import Pictures, flowers
from keras_gen.optimizers import WarmCosine
from keras_gen.text import pretrain_text_encoder

# The tiny text encoder has read 48 captions only.
pytestmark = pytest.mark.filterwarnings("ignore:The text encoder has never seen")


def small_vae(latent_dim=2, seed=0):
    sizes = ((8, 8, 1), latent_dim, (4,))
    return VAE(build_encoder(*sizes), build_decoder(*sizes), seed=seed)


def arrays(variables):
    return [ops.convert_to_numpy(v.value) for v in variables]


def assert_bit_equal(one, two):
    """Weights, averages, BatchNorm's statistics and the optimizer's memory."""
    for a, b in [
        (one.weights, two.weights),
        (one.optimizer.variables, two.optimizer.variables),
    ]:
        for variable, x, y in zip(a, arrays(a), arrays(b), strict=True):
            np.testing.assert_array_equal(x, y, err_msg=variable.path)


# ------------------------------------------------------------------- checkpoints


def test_checkpoint_holds_the_model_and_what_is_known(tmp_path):
    vae, path = small_vae(), tmp_path / "new" / "folder" / "model.keras"
    state = {"epoch": 3, "recipe": {"widths": [1, 2]}, "name": "naïve"}
    training.save_checkpoint(vae, path, state)
    assert [p.name for p in path.parent.iterdir()] == ["model.keras"]
    assert training.read_state(path) == state
    loaded, found = training.load_checkpoint(path)
    assert found == state
    for a, b in zip(arrays(vae.weights), arrays(loaded.weights), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("fails", ["save", "state", "rename"])
def test_a_failing_write_leaves_the_old_file_whole(tmp_path, monkeypatch, fails):
    vae, path = small_vae(), tmp_path / "model.keras"
    training.save_checkpoint(vae, path, {"epoch": 1})
    before = path.read_bytes()

    def disk_full(*args, **kwargs):
        raise OSError("No space left on device")

    def half_a_save(self, path, *args, **kwargs):
        path.write_bytes(b"PK half a file")
        disk_full()

    if fails == "save":
        monkeypatch.setattr(VAE, "save", half_a_save)
    if fails == "state":
        monkeypatch.setattr(zipfile.ZipFile, "writestr", disk_full)
    if fails == "rename":
        monkeypatch.setattr(training.os, "replace", disk_full)
    with pytest.raises(OSError, match="No space left"):
        training.save_checkpoint(vae, path, {"epoch": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["model.keras"]
    assert path.read_bytes() == before


def test_state_is_empty_for_a_file_of_keras_itself(tmp_path):
    small_vae().save(tmp_path / "model.keras")
    assert training.read_state(tmp_path / "model.keras") == {}
    assert training.load_checkpoint(tmp_path / "model.keras")[1] == {}


def archive(path, **files):
    with zipfile.ZipFile(path, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)


def missing(path):
    pass


def not_a_zip(path):
    path.write_bytes(b"a picture of a cat")


def cut_off(path):
    small_vae().save(path)
    path.write_bytes(path.read_bytes()[:-200])


def a_bit_flipped(path):
    small_vae().save(path)
    content = bytearray(path.read_bytes())
    place = content.index(b"model.weights.h5") + 3000
    content[place] ^= 0xFF
    path.write_bytes(content)


def a_zip_of_something_else(path):
    archive(path, readme="hello")


def damaged_state(path):
    small_vae().save(path)
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(training.STATE_FILE, "{")


def unknown_class(path):
    config = {"module": "other", "class_name": "Net", "registered_name": "other>Net"}
    archive(path, **{"config.json": json.dumps(config | {"config": {}})})


def other_architecture(path):
    """The weights of a larger model under the description of a smaller one."""
    small_vae(latent_dim=2).save(path)
    large = path.with_name("large.keras")
    small_vae(latent_dim=3).save(large)
    with zipfile.ZipFile(path) as small, zipfile.ZipFile(large) as weights:
        files = {"config.json": small.read("config.json")}
        files["metadata.json"] = small.read("metadata.json")
        files["model.weights.h5"] = weights.read("model.weights.h5")
    archive(path, **files)


@pytest.mark.filterwarnings("ignore:Skipping nested container")  # Keras adds these
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (missing, FileNotFoundError, "There is no checkpoint"),
        (not_a_zip, ValueError, "is not a .keras file, or a damaged one"),
        (cut_off, ValueError, "is not a .keras file, or a damaged one"),
        (a_bit_flipped, ValueError, "could not be loaded .*CRC"),
        (a_zip_of_something_else, ValueError, "could not be loaded .*config.json"),
        (damaged_state, ValueError, "could not be loaded"),
        (unknown_class, ValueError, "could not be loaded .*Net"),
        (other_architecture, ValueError, "could not be loaded .*expected 2 variables"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_sentence(tmp_path, make, error, message):
    path = tmp_path / "model.keras"
    make(path)
    with pytest.raises(error, match=message) as caught:
        training.load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------- seeds


def test_seeds_are_a_function_of_seed_epoch_and_generator():
    images, draws = np.zeros((4, 8, 8, 1), "uint8"), {}
    for seed, epoch in [(0, 0), (0, 1), (1, 0)]:
        for model in (small_vae(seed=7), small_vae(seed=8)):
            model(images)  # a generator may be anywhere before
            training.seed_generators(model, seed, epoch)
            z = model.sampler(ops.zeros((4, 2)), ops.zeros((4, 2)))
            draws.setdefault((seed, epoch), []).append(ops.convert_to_numpy(z))
    for one, two in draws.values():
        np.testing.assert_array_equal(one, two)
    assert len({pair[0].tobytes() for pair in draws.values()}) == 3


def test_no_epoch_is_too_late_for_its_seed():
    model = small_vae()
    for epoch in (4294, 4295, 10**9):  # 4295 million do not fit into 32 bits
        training.seed_generators(model, 0, epoch)
    model(np.zeros((4, 8, 8, 1), "uint8"))


def test_two_generators_of_a_model_get_seeds_of_their_own():
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dropout(0.5), layers.Dropout(0.5)]
    )
    training.seed_generators(model, 0, 0)
    one, two = (layer(np.ones((1, 64)), training=True) for layer in model.layers)
    assert np.any(ops.convert_to_numpy(one) != ops.convert_to_numpy(two))


# ---------------------------------------------------------------- learning rates


@pytest.mark.parametrize("warmup_steps", [0, 1, 7])
def test_the_learning_rate_is_that_of_keras(warmup_steps):
    how = {"warmup_target": 2e-3, "warmup_steps": warmup_steps, "alpha": 0.1}
    if not warmup_steps:
        how = {}  # from the initial rate to 0
    ours = WarmCosine(2e-4, 30, **how)
    theirs = keras.optimizers.schedules.CosineDecay(2e-4, 30, **how)
    again = WarmCosine.from_config(ours.get_config())
    for step in range(50):
        expected = pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-9)
        assert float(ours(step)) == expected == float(again(ops.array(step)))


# ------------------------------------------------------------------ exact resume

COMMON = {
    "data": "flowers",
    "epochs": 3,
    "batch_size": 8,
    "image_size": 16,
    "num_pictures": 24,
    "widths": (4, 8),
}
MODELS = ["vae", "text-to-image"]  # the second has a diffusion model's average too


class Stop(Exception):
    """What interrupts a training."""


@pytest.fixture(scope="module")
def text_encoder(tmp_path_factory):
    """The folder of a tiny text encoder."""
    folder = tmp_path_factory.mktemp("text_encoder")
    keras.utils.set_random_seed(0)
    encoder, _ = pretrain_text_encoder(
        flowers(48, image_size=16).captions,
        epochs=1,
        vocabulary_size=300,
        sequence_length=96,
        num_layers=1,
        hidden_dim=32,
        batch_size=24,
        verbose=0,
    )
    encoder.save_to_preset(folder)
    return str(folder)


@pytest.fixture(scope="module")
def settings(request):
    """The settings of a tiny recipe: `settings("vae")`."""

    @functools.cache
    def of(name):
        chosen = COMMON | {"model": name}
        if name == "text-to-image":
            encoder = request.getfixturevalue("text_encoder")
            chosen |= {"encoder": encoder, "negative": True, "drop_rate": 0.5}
        return chosen

    return of


def train_anew(chosen, path):
    """Trains as in a new process, with layers of the same names.

    Keras numbers layers by what was built before, and the last bits of what TensorFlow
    computes depend on how the names of a graph's parts sort ("conv2d_10" comes before
    "conv2d_9").
    """
    keras.utils.clear_session()
    return recipes.train(recipes.recipe(**chosen), path, verbose=0)


@pytest.fixture(scope="module")
def uninterrupted(settings, tmp_path_factory):
    """What a training ends with when nothing happens: (model, history, file)."""
    folder = tmp_path_factory.mktemp("uninterrupted")

    @functools.cache
    def train(name):
        path = folder / f"{name}.keras"
        return *train_anew(settings(name), path), path

    return train


class StopAt(keras.callbacks.Callback):
    """Calls `stop` in the middle of an epoch."""

    def __init__(self, stop, epoch, batch):
        super().__init__()
        self.stop, self.at, self.epoch = stop, (epoch, batch), None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self.stop()


def raise_stop():
    raise Stop


def resume(chosen, path, expected):
    """Goes on from a checkpoint, and compares the end with the expected end."""
    model, history = recipes.train(
        recipes.recipe(**chosen), path, resume=True, verbose=0
    )
    expected_model, expected_history, expected_path = expected
    assert history == expected_history
    states = [training.read_state(p) for p in (path, expected_path)]
    assert all(state.pop("seconds") > 0 for state in states)
    assert states[0] == states[1]
    assert_bit_equal(model, expected_model)
    assert_bit_equal(training.load_checkpoint(path)[0], expected_model)


def test_training_taken_up_after_an_error_ends_the_same(
    settings, uninterrupted, tmp_path
):
    name = "vae"  # the others are killed below, which is harder
    path = tmp_path / "model.keras"
    with pytest.raises(Stop):
        recipes.train(
            recipes.recipe(**settings(name)),
            path,
            verbose=0,
            callbacks=[StopAt(raise_stop, epoch=2, batch=1)],
        )
    assert training.read_state(path)["epoch"] == 2
    resume(settings(name), path, uninterrupted(name))


KILLED = """
import json, os, runpy, signal, sys
from pathlib import Path
import keras
from keras_gen import recipes

test, settings, folder = sys.argv[1:]
StopAt = runpy.run_path(test)["StopAt"]
settings = json.loads(settings)

def train(names):
    '''Trains the first; in the middle of its epoch 1 the next; at last, kills all.'''
    if not names:
        os.kill(os.getpid(), signal.SIGKILL)
    keras.utils.clear_session()  # as in `train_anew`
    recipes.train(
        recipes.recipe(**settings[names[0]]),
        Path(folder, names[0] + ".keras"),
        verbose=0,
        callbacks=[StopAt(lambda: train(names[1:]), epoch=1, batch=1)],
    )

train(list(settings))
"""


@pytest.fixture(scope="module")
def killed(settings, tmp_path_factory):
    """Checkpoints of three trainings killed in the middle of an epoch, all at once."""
    folder = tmp_path_factory.mktemp("killed")
    chosen = {name: settings(name) for name in MODELS}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, __file__, json.dumps(chosen), folder],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == -9, done.stderr
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("name", MODELS)
def test_training_taken_up_after_a_kill_ends_the_same(
    settings, uninterrupted, killed, name
):
    path = killed / f"{name}.keras"
    assert training.read_state(path)["epoch"] == 1
    resume(settings(name), path, uninterrupted(name))


def test_training_is_a_function_of_the_recipe(settings, uninterrupted, tmp_path):
    again, _ = train_anew(settings("vae"), tmp_path / "again.keras")
    assert_bit_equal(again, uninterrupted("vae")[0])
    other, _ = train_anew(settings("vae") | {"seed": 1}, tmp_path / "other.keras")
    assert np.any(arrays(other.weights)[0] != arrays(again.weights)[0])


def test_each_epoch_is_logged(uninterrupted):
    _, history, _ = uninterrupted("vae")
    assert len(set(history["loss"])) == 3
    assert len(history["val_loss"]) == 3


def test_a_finished_training_is_left_as_it_is(settings, uninterrupted):
    model, history, path = uninterrupted("vae")
    before = path.read_bytes()
    resume(settings("vae"), path, uninterrupted("vae"))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.5}, "with learning_rate=0.001, not 0.5"),
        ({"widths": (4, 4)}, r"with widths=\(4, 8\), not \(4, 4\)"),
        ({"epochs": 2}, "epochs must be at least the 3 that .* behind it; got 2"),
        ({"model": "autoencoder"}, "with model='vae', not 'autoencoder'"),
    ],
)
def test_other_settings_are_refused(settings, uninterrupted, change, message):
    path = uninterrupted("vae")[2]
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message) as caught:
        recipes.train(recipes.recipe(**settings("vae") | change), path, resume=True)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_a_finished_training_goes_on_to_more_epochs(settings, uninterrupted, tmp_path):
    """As the longer training would: its cosine, its log, its optimizer's moments."""
    _, history, path = uninterrupted("vae")
    longer = recipes.recipe(**settings("vae") | {"epochs": 5})
    copy = tmp_path / "model.keras"
    copy.write_bytes(path.read_bytes())
    model, extended = recipes.train(longer, copy, resume=True, verbose=0)
    assert {name: losses[:3] for name, losses in extended.items()} == history
    state = training.read_state(copy)
    assert state["epoch"] == state["recipe"]["epochs"] == len(extended["loss"]) == 5
    schedule = model.optimizer.get_config()["learning_rate"]["config"]
    assert schedule["decay_steps"] == 5 * 24 // 8
    assert int(ops.convert_to_numpy(model.optimizer.iterations)) == 15
    again = training.load_checkpoint(copy)[0].optimizer.get_config()
    assert again["learning_rate"]["config"] == schedule


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "was not written by train; it can't be resumed"),
        ({"recipe": {"model": "vae", "flux": 1}}, "another version .* with flux"),
    ],
)
def test_foreign_checkpoints_are_not_resumed(settings, tmp_path, state, message):
    path = tmp_path / "model.keras"
    training.save_checkpoint(small_vae(), path, state)
    with pytest.raises(ValueError, match=message):
        recipes.train(recipes.recipe(**settings("vae")), path, resume=True)


def test_there_must_be_something_to_resume(settings, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no checkpoint"):
        recipes.train(
            recipes.recipe(**settings("vae")), tmp_path / "model.keras", resume=True
        )


# ---------------------------------------------------------------- half precision


def test_training_in_float16_is_taken_up_exactly(settings, tmp_path):
    """The scale of the loss is in the checkpoint, too."""
    chosen = settings("vae") | {"dtype": "mixed_float16"}
    whole = tmp_path / "whole.keras"
    model, history = recipes.train(recipes.recipe(**chosen), whole, verbose=0)
    assert {layer.compute_dtype for layer in model.encoder.layers} >= {"float16"}
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert history["loss"][-1] < history["loss"][0]
    part = tmp_path / "part.keras"
    with pytest.raises(Stop):
        stop = StopAt(raise_stop, epoch=1, batch=1)
        recipes.train(recipes.recipe(**chosen), part, verbose=0, callbacks=[stop])
    resume(chosen, part, (model, history, whole))
    longer, _ = recipes.train(
        recipes.recipe(**chosen | {"epochs": 4}), part, resume=True, verbose=0
    )
    schedule = longer.optimizer.inner_optimizer.get_config()["learning_rate"]
    assert schedule["config"]["decay_steps"] == 4 * 24 // 8


def test_a_gradient_that_float16_does_not_hold_moves_the_weights(settings):
    """1e-8 is 0 in float16; times the loss's scale it is not."""
    chosen = settings("vae") | {"dtype": "mixed_float16"}
    built = recipes.build(recipes.recipe(**chosen), flowers(8, image_size=16))
    for optimizer, moves in ((built.optimizer, True), ("adam", False)):
        inputs = keras.Input((1,))
        dense = layers.Dense(1, use_bias=False, dtype="mixed_float16")
        small = layers.Rescaling(1e-7, dtype="float32")
        model = keras.Model(inputs, small(dense(inputs)), dtype="float32")
        model.compile(optimizer, loss=lambda y, y_pred: ops.mean(y_pred))
        before = dense.get_weights()[0]
        model.fit(np.ones((8, 1)), np.ones((8, 1)), verbose=0)
        assert (dense.get_weights()[0] < before - 1e-5) == moves


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "half"])
def test_the_policy_of_a_recipe_is_its_own(settings, dtype):
    before = keras.config.dtype_policy()
    recipe = recipes.recipe(**settings("vae") | {"dtype": dtype})
    try:
        model = recipes.build(recipe, flowers(8, image_size=16))
    except ValueError as error:
        assert "half" in str(error)
    else:
        assert "bfloat16" in {layer.compute_dtype for layer in model.encoder.layers}
    assert keras.config.dtype_policy() == before


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        ("vae", {"dtype": "float16"}, "dtype must keep the weights in float32.*'float"),
        ("wgan", {"dtype": "mixed_float16"}, "for a GAN.* got 'mixed_float16'"),
        ("cyclegan", {"dtype": "mixed_float16"}, "for a GAN.* got 'mixed_float16'"),
        ("vae", {"batch_size": 0}, "batch_size must be a positive integer; got 0"),
        ("vae", {"epochs": 1.5}, "epochs must be a positive integer; got 1.5"),
        ("vae", {"image_size": 0}, "image_size must be a positive integer; got 0"),
        ("vae", {"widths": (8, 0)}, r"widths must be positive integers; got \(8, 0\)"),
        ("diffusion", {"patch_size": 0}, "patch_size must be a positive integer"),
        ("vae", {"learning_rate": -1.0}, "learning_rate must be a number above 0"),
    ],
)
def test_a_recipe_that_does_not_train_is_one_sentence(model, change, message):
    with pytest.raises(ValueError, match=message) as caught:
        recipes.recipe(model, **change)
    assert "\n" not in str(caught.value)


def test_a_class_of_the_test_part_alone_is_a_class():
    """Of a folder whose last class the split has put there as a whole."""
    recipe = recipes.recipe("conditional-gan", widths=(4,), latent_dim=2)
    pictures = flowers(8, image_size=16)
    names = ("rose", "tulip", "violet")
    train = Pictures(pictures.images, np.arange(8) % 2, class_names=names)
    assert recipes.build(recipe, train).num_classes == 3
    nameless = Pictures(pictures.images, np.arange(8) % 2)
    assert recipes.build(recipe, nameless).num_classes == 2


# ------------------------------------------------------------------- sample grid


def test_sample_grid_draws_a_file_each_epoch(tmp_path):
    from PIL import Image

    vae, images = small_vae(), np.zeros((8, 8, 8, 1), "uint8")
    vae.compile("adam")
    callback = training.SampleGrid(tmp_path / "grids", num_images=4, seed=3)
    vae.fit(images, epochs=2, verbose=0, callbacks=[callback])
    files = sorted(p.name for p in (tmp_path / "grids").iterdir())
    assert files == ["epoch_0001.png", "epoch_0002.png"]
    plots.save(plots.grid(vae.generate(4, seed=3)), tmp_path / "expected.png")
    drawn, expected = (
        np.array(Image.open(tmp_path / name))
        for name in ("grids/epoch_0002.png", "expected.png")
    )
    np.testing.assert_array_equal(drawn, expected)


def test_sample_grid_draws_what_it_is_told(tmp_path):
    asked = []

    def draw(model):
        asked.append(model)
        return np.zeros((2, 8, 8, 1), "uint8")

    vae = small_vae()
    vae.compile("adam")
    callback = training.SampleGrid(tmp_path, draw=draw)
    vae.fit(np.zeros((4, 8, 8, 1), "uint8"), verbose=0, callbacks=[callback])
    assert asked == [vae]
    assert (tmp_path / "epoch_0001.png").is_file()


def test_gans_alone_know_the_learning_rate_that_their_files_name():
    """Nothing there uses it; `load_model` would not find it."""
    code = "import keras_gen.gans, keras; print(keras.saving.get_registered_object("
    command = [sys.executable, "-c", code + "'keras_gen>WarmCosine'))"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "WarmCosine" in done.stdout
