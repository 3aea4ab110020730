"""Several devices, several processes: the same training as on one device."""

import contextlib
import json
import os
import re
import runpy
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_gen import backend as engine
from keras_gen import cli, distribution, recipes, runs, training
from keras_gen.data import Batches, Pictures
from keras_gen.distribution import ALONE, Team, gather

LIMIT = 1800  # seconds; a free machine needs a hundredth of it

# What a team of devices does, in processes of its own; what it must equal is made by
# the same functions in this process, on one device.
SCRIPT = """
import json, sys
from pathlib import Path

import keras

from keras_gen import distribution, recipes, runs, training

SMALL = {"data": "flowers", "image_size": 16, "num_pictures": 48, "widths": (2, 4)}
SETTINGS = SMALL | {"batch_size": 8, "epochs": 2}


class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def whole(folder, team, resume=False):
    "An autoencoder, as the command line trains it."
    runs.run("autoencoder", SETTINGS, folder, resume, team)


def half(folder, team):
    "Its first epoch."
    recipe = recipes.recipe("autoencoder", **SETTINGS)
    stop = [Stop()]
    try:
        recipes.train(recipe, folder / "model.keras", False, 0, stop, team)
    except KeyboardInterrupt:
        pass


def resume(folder, team):
    "Its second epoch."
    whole(folder, team, resume=True)


def noise(folder, team):
    "A model that draws noise; without pictures, which take long to compile."
    recipe = recipes.recipe("diffusion", **SETTINGS | {"widths": (2,)})
    recipes.train(recipe, folder / "model.keras", False, 0, team=team)


if __name__ == "__main__":
    home, options, *tasks = sys.argv[1:]
    team = distribution.gather(**json.loads(options))
    print("team", team.process, team.processes, team.devices)
    for task in tasks:
        function, folder = task.split(":")
        globals()[function](Path(home) / folder, team)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the script, and what one device makes of it."""
    home = tmp_path_factory.mktemp("home")
    (home / "script.py").write_text(SCRIPT, encoding="utf-8")
    for task in ("whole", "half", "noise"):
        here(home, task, task)
    return home


def here(home, task, folder):
    """Does one task of the script in this process, on one device."""
    runpy.run_path(str(home / "script.py"))[task](home / folder, ALONE)


def start(home, team, *tasks):
    """Starts one process of a team."""
    return subprocess.Popen(
        [sys.executable, home / "script.py", home, json.dumps(team), *tasks],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes, timeout=LIMIT):
    """What the processes printed; none is left behind."""
    try:
        printed = [process.communicate(timeout=timeout)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, text in zip(processes, printed, strict=True):
        assert process.returncode == 0, text
    return printed


def free_port(ports=(0,)):
    """The first of the ports that nobody listens on; 0 leaves it to the system."""
    for port in ports:
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return listener.getsockname()[1]
    raise OSError("No port is free.")


def assert_same_training(folder, reference):
    """The losses of every epoch, and the weights at the end."""
    model, state = training.load_checkpoint(folder / "model.keras")
    expected, expected_state = training.load_checkpoint(reference / "model.keras")
    assert state["epoch"] == expected_state["epoch"] == 2
    for name, losses in expected_state["history"].items():
        np.testing.assert_allclose(state["history"][name], losses, rtol=1e-5)
    for weight, right in zip(model.weights, expected.weights, strict=True):
        # Of a weight that is still near zero, next to nothing: a step is 1e-3.
        weight, right = map(keras.ops.convert_to_numpy, (weight, right))
        np.testing.assert_allclose(weight, right, rtol=1e-5, atol=1e-6)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def only(name):
    return pytest.mark.skipif(keras.backend.backend() != name, reason=f"{name} only")


# ------------------------------------------------------------ the same as one device


@pytest.fixture(scope="module")
def two_devices(home):
    """What two devices of one process print."""
    tasks = ["whole:whole_2", "half:half_2", "noise:noise_2"]
    return finish(start(home, {"devices": "cpu:2"}, *tasks))[0]


def test_two_devices_train_as_one(home, two_devices):
    assert "team 0 1 2" in two_devices
    assert_same_training(home / "whole_2", home / "whole")
    assert names(home / "whole_2") == names(home / "whole")
    facts = json.loads((home / "whole_2" / "recipe.json").read_text())
    assert facts["devices"] == 2


def test_one_device_goes_on_where_two_stopped(home, two_devices):
    assert training.load_checkpoint(home / "half_2" / "model.keras")[1]["epoch"] == 1
    here(home, "resume", "half_2")
    assert_same_training(home / "half_2", home / "whole")


@only("jax")
def test_two_devices_draw_the_noise_of_one(home, two_devices):
    assert_same_training(home / "noise_2", home / "noise")


@only("tensorflow")
def test_two_devices_have_the_loss_of_a_model_that_draws_noise(home, two_devices):
    """Each draws its own noise, so the losses are not the same, but alike."""
    losses, expected = (
        training.load_checkpoint(home / name / "model.keras")[1]["history"]["loss"]
        for name in ("noise_2", "noise")
    )
    np.testing.assert_allclose(losses, expected, rtol=0.1)


@only("jax")
def test_two_processes_train_as_one(home):
    """The second epoch of a training that one device began, and a whole one."""
    team = {"coordinator": f"127.0.0.1:{free_port()}", "processes": 2}
    (home / "half_of_one").mkdir()
    half = (home / "half" / "model.keras").read_bytes()
    (home / "half_of_one" / "model.keras").write_bytes(half)
    tasks = ["resume:half_of_one", "noise:noise_of_processes"]
    printed = finish(*[start(home, team | {"process": i}, *tasks) for i in (0, 1)])
    for process, text in enumerate(printed):
        assert f"team {process} 2 2" in text
    assert "Epoch 2/2" in printed[0] and "Epoch" not in printed[1]
    assert_same_training(home / "half_of_one", home / "whole")
    assert_same_training(home / "noise_of_processes", home / "noise")
    assert names(home / "noise_of_processes") == ["model.keras"]


WHERE = """
from keras_gen import distribution

team = distribution.gather(coordinator="auto")
print("team", team.process, team.processes, team.devices)
"""


@only("jax")
def test_coordinator_auto_asks_slurm():
    """By the variables that `srun` sets; the port follows from the job's number."""
    port = free_port(np.random.default_rng().permutation(range(61440, 65536)).tolist())
    job = {"JOB_ID": port - 61440, "STEP_NODELIST": "127.0.0.1", "NTASKS": 2}
    places = [job | {"PROCID": i, "LOCALID": i} for i in (0, 1)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WHERE],
            env=os.environ | {f"SLURM_{k}": str(v) for k, v in place.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for place in [*places, {}]
    ]
    texts = [process.communicate(timeout=LIMIT)[0] for process in started]
    assert "team 0 2 2" in texts[0] and "team 1 2 2" in texts[1]
    assert "auto found no SLURM, Open MPI or Kubernetes to ask: give" in texts[2]


NOISE = """
import keras
from keras_gen import distribution, training

team = distribution.gather("cpu:2")
with team.building():
    model = keras.Sequential([keras.Input((2,)), keras.layers.GaussianNoise(1.0)])
generator = model.layers[0].seed_generator
training.seed_generators(model, seed=0, epoch=0)
strategy = model.distribute_strategy
noise = strategy.run(lambda: keras.random.normal((3,), seed=generator))
for part in strategy.experimental_local_results(noise):
    print(*part.numpy())
"""


@only("tensorflow")
def test_devices_that_draw_for_themselves_draw_different_noise():
    done = subprocess.run(
        [sys.executable, "-c", NOISE], capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    first, second = np.array(done.stdout.split(), "float32").reshape(2, 3)
    model = keras.Sequential([keras.Input((2,)), keras.layers.GaussianNoise(1.0)])
    training.seed_generators(model, seed=0, epoch=0)
    alone = keras.random.normal((3,), seed=model.layers[0].seed_generator)
    np.testing.assert_allclose(first, alone, rtol=1e-6)
    assert np.abs(first - second).min() > 1e-3


DUEL = """
import keras
import numpy as np
from keras_gen import distribution
from keras_gen.gans import GAN

def made(**how):
    shape, layers = (1, 2, 3), keras.layers
    drawing = [layers.Dense(6), layers.Reshape(shape)]
    judging = [layers.Flatten(), layers.Dense(1)]
    generator = keras.Sequential([keras.Input((4,)), *drawing])
    model = GAN(generator, keras.Sequential([keras.Input(shape), *judging]), **how)
    model.compile(keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1))
    return model

team = distribution.gather("cpu:2")
with team.building():
    try:
        made(discriminator_steps=2)
    except ValueError as error:
        print(error)
    model = made(discriminator_steps=2, alternating=True)
x = np.random.default_rng(0).uniform(-1, 1, (8, 1, 2, 3)).astype("float32")
for _ in range(6):
    before = [part.get_weights()[0] for part in (model.generator, model.discriminator)]
    model.fit(x, batch_size=8, verbose=0)
    after = [part.get_weights()[0] for part in (model.generator, model.discriminator)]
    print(*[bool((a != b).any()) for a, b in zip(after, before)])
    for weight in model.weights:
        copies = model.distribute_strategy.experimental_local_results(weight.value)
        assert len(copies) == 2 and (copies[0].numpy() == copies[1].numpy()).all()
"""


@only("tensorflow")
def test_gans_take_turns_on_several_devices_and_collect_no_gradients():
    done = subprocess.run(
        [sys.executable, "-c", DUEL], capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    refused, *moved = done.stdout.splitlines()
    assert "discriminator_steps=2 on 2 devices of TensorFlow needs alt" in refused
    assert moved == ["False True", "False True", "True False"] * 2


# ----------------------------------------------------------------- shares of a batch


def test_shares_of_all_processes_are_the_batch_in_order():
    pictures = Pictures(np.zeros((22, 2, 2, 1), "uint8"))
    whole = Batches(pictures, 8, seed=3)
    teams = [Team(devices=4, processes=2, process=i) for i in (0, 1)]
    parts = [Batches(pictures, 8, seed=3, share=team.share) for team in teams]
    for index in range(len(whole)):
        found = np.concatenate([part.indices(index) for part in parts])
        np.testing.assert_array_equal(found, whole.indices(index))


@pytest.mark.parametrize(("num", "batches", "last"), [(22, 3, 2), (19, 2, 4)])
def test_last_smaller_batch_is_what_devices_can_share(num, batches, last):
    pictures = Pictures(np.zeros((num, 2, 2, 1), "uint8"))
    share = Team(devices=4, processes=2, process=1).share
    feed = Batches(pictures, 8, shuffle=False, drop_remainder=False, share=share)
    assert len(feed) == batches
    assert len(feed[batches - 1]) == last


def test_one_device_has_nothing_in_its_way():
    for team in (gather(), gather(devices=1), gather("1")):
        assert team is ALONE
    indices, callback = np.arange(3), keras.callbacks.Callback()
    assert ALONE.share(indices) is indices
    assert ALONE.alone(callback) is callback
    assert ALONE.single(callback) is callback


def test_only_the_first_process_ends_epochs():
    seen = []

    class Note(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(("begin", epoch))

        def on_epoch_end(self, epoch, logs=None):
            seen.append(("end", epoch))

    for process in (0, 1):
        callback = Team(devices=2, processes=2, process=process).alone(Note())
        callback.on_epoch_begin(process)
        callback.on_epoch_end(process)
    assert seen == [("begin", 0), ("end", 0), ("begin", 1)]


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--devices", "1000"], "devices must be at most .* as many as there are; got"),
        (["--processes", "2"], "processes and process need the coordinator's HOST:PO"),
        (["--coordinator", "h"], "coordinator must be HOST:PORT or auto; got 'h'"),
        (["--coordinator", "h:1"], "processes .how many. and process .which, from 0."),
        (
            ["--coordinator", "h:1", "--processes", "2", "--process", "2"],
            "process must be from 0 to 1, as there are 2 processes; got 2",
        ),
    ],
)
def test_what_is_no_team_is_one_sentence(words, said, capsys, tmp_path):
    words = ["train", "vae", "--out", str(tmp_path / "out"), *words]
    assert cli.main(words) == 1
    found = capsys.readouterr().err
    assert re.search(said, found) and found.count("\n") == 1
    assert not (tmp_path / "out").exists()


@only("tensorflow")
@pytest.mark.parametrize("place", [("127.0.0.1:1", 2, 0), ("auto",)])
def test_several_processes_are_for_jax(place):
    with pytest.raises(ValueError, match="Several processes can be used on JAX only"):
        gather(None, *place)


def test_devices_of_the_processor_must_be_asked_for_in_time():
    keras.ops.ones(1)
    with pytest.raises(ValueError, match="cpu:3 must be asked for before the backend"):
        gather("cpu:3")


@pytest.mark.parametrize("devices", ["0", "two", "gpu:2", "cpu:"])
def test_devices_are_a_number(devices, capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "vae", "--devices", devices])
    assert "1 or more, or such as cpu:2; got" in capsys.readouterr().err


def test_batches_that_cannot_be_shared(tmp_path):
    settings = {"num_pictures": 48, "image_size": 16, "widths": (2, 4)}
    recipe = recipes.recipe("vae", data="flowers", batch_size=9, **settings)
    with pytest.raises(ValueError, match="by the 2 devices that share it; got 9"):
        recipes.train(recipe, tmp_path / "model.keras", team=Team(devices=2))
    with pytest.raises(ValueError, match="needs a picture to evaluate with; got 2"):
        Team(devices=3).check(batch_size=9, num_test=2)


def test_tools_train_on_one_device(tmp_path):
    with pytest.raises(ValueError, match="text-encoder trains on one device; got 2"):
        runs.run("text-encoder", {}, tmp_path, team=Team(devices=2))


def test_command_line_hands_the_team_on(monkeypatch, tmp_path):
    asked = {}
    team = Team(devices=2, processes=2, process=1)
    monkeypatch.setattr(distribution, "gather", lambda *a: asked.update(a=a) or team)
    monkeypatch.setattr(runs, "run", lambda *arguments, **how: asked.update(how))
    words = ["--coordinator", "h:1", "--processes", "2", "--process", "1"]
    assert cli.main(["train", "vae", "--devices", "cpu:1", *words]) == 0
    assert asked["a"] == ("cpu:1", "h:1", 2, 1)
    assert asked["team"] is team


def test_mean_of_a_batch_is_its_mean():
    assert float(engine.batch_mean(keras.ops.convert_to_tensor([1.0, 2.0, 6.0]))) == 3
