"""The command line, as a user meets it: what it writes, says and refuses."""

import functools
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_gen import arguments, cli, cli_drawing, evaluation, runs, shelf, training
from keras_gen.arguments import SETTINGS
from keras_gen.data import by_name
from keras_gen.diffusion import SAMPLERS, SPACINGS, autoguided

ZOO = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
COMMANDS = (
    *(
        "demo",
        "train",
        "generate",
        "morph",
        "translate",
        "evaluate",
        "presets",
        "data",
        "playground",
        "start",
        "submit",
        "grade",
        "doctor",
    ),
)
SMALL = [
    "--widths",
    "4",
    "8",
    "--image-size",
    "8",
    "--batch-size",
    "8",
    "--epochs",
    "2",
]
NUM = 20


def draw(folder, num=NUM, captions=()):
    """Pictures that can be told apart, and perhaps a text beside each."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for i in range(num):
        pixels = rng.integers(0, 256, (12, 16, 3), dtype="uint8")
        Image.fromarray(pixels).save(folder / f"{i:02d}.png")
        if captions:
            text = captions[i % len(captions)]
            (folder / f"{i:02d}.txt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where the module's pictures and trainings are."""
    folder = tmp_path_factory.mktemp("home")
    draw(folder / "pictures")
    draw(folder / "captioned", captions=ZOO["CAPTIONS"])
    return folder


def train(home, model, *more, data="pictures", out=None):
    out = home / (out or model)
    words = ["train", model, "--data", str(home / data), "--out", str(out), *SMALL]
    assert cli.main([*words, *more]) == 0
    return out


@pytest.fixture(scope="module")
def vae(home):
    return train(home, "vae")


@pytest.fixture(scope="module")
def diffusion(home):
    return train(home, "diffusion", "--block-depth", "1")


@pytest.fixture(scope="module")
def text_to_image(home):
    ZOO["text_encoder"]().save_to_preset(home / "encoder")
    more = ["--encoder", str(home / "encoder")]
    return train(home, "text-to-image", *more, data="captioned")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Runs a command in an empty folder: exit code, what it printed, what it said."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = cli.main([str(word) for word in words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def fails(run):
    """Runs a command that fails: the one sentence that it says."""

    def fails(*words):
        code, _, said = run(*words)
        assert code == 1
        assert said.startswith("keras-gen: ") and said.count("\n") == 1
        assert "Traceback" not in said
        return said

    return fails


def size(path):
    with Image.open(path) as picture:
        return picture.size


# --------------------------------------------------------------- what loads nothing

HELP = """
import contextlib, io, sys
from keras_gen.cli import main
for command in sys.argv[1:]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([command, "--help"])
    assert "usage: keras-gen " + command in printed.getvalue()
print(*sys.modules)
"""


def test_help_of_every_command_loads_nothing():
    done = subprocess.run(
        [sys.executable, "-c", HELP, *COMMANDS],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"keras", "tensorflow", "jax", "torch", "numpy", "PIL", "matplotlib"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "required: COMMAND"),
        (["paint"], "invalid choice: 'paint'"),
        (["train", "painter"], "invalid choice: 'painter'"),
        (["train", "vae", "--recipe"], "--recipe: expected one argument"),
        (["train", "vae", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["train", "vae", "--epochs", "0"], "expected an integer, 1 or more; got '0'"),
        (["train", "vae", "--batch-size", "-3"], "1 or more; got '-3'"),
        (["train", "vae", "--seed", "-1"], "0 or more; got '-1'"),
        (["train", "vae", "--widths", "8", "x"], "1 or more; got 'x'"),
        (["train", "vae", "--learning-rate", "0"], "a number above 0; got '0'"),
        (["train", "vae", "--learning-rate", "nan"], "expected a number; got 'nan'"),
        (["train", "vae", "--learning-rate", "fast"], "expected a number; got 'fast'"),
        (["generate", "x.keras", "-n", "0"], "1 or more; got '0'"),
        (["generate", "x.keras", "--steps", "1.5"], "1 or more; got '1.5'"),
        (["morph", "x.keras", "red"], "required: prompt_b"),
        (["data"], "required: data"),
    ],
)
def test_wrong_usage_is_exit_code_2(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_every_sampler_and_spacing_can_be_given():
    assert arguments.SAMPLERS == tuple(SAMPLERS)
    assert arguments.SPACINGS == tuple(SPACINGS)


def test_every_setting_of_a_recipe_can_be_given():
    fields = runs.recipes.Recipe.__dataclass_fields__.keys()
    assert SETTINGS.keys() == fields - {"model"}
    assert set(cli.COMMANDS) == set(COMMANDS)


@pytest.mark.parametrize("place", [0, 3])
def test_traceback_shows_where_an_error_came_from(run, place):
    words = ["generate", "nothing.keras", "--steps=1"]
    with pytest.raises(FileNotFoundError, match=r"no checkpoint 'nothing\.keras'"):
        run(*words[:place], "--traceback", *words[place:])


def test_long_messages_are_cut_and_bare_errors_named():
    assert len(cli.one_line(ValueError("a\nb " * 400))) < 560
    assert "--traceback" in cli.one_line(ValueError("word " * 400))
    assert cli.one_line(ValueError("two\n lines")) == "two lines"
    assert cli.one_line(OSError()) == "OSError"
    assert "doctor" in cli.one_line(ModuleNotFoundError("No module named 'keras_hub'"))


def test_backend_is_chosen_only_where_the_user_has_not(monkeypatch):
    installed = {"jax", "torch"}
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda n: n in installed)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    cli.choose_backend()
    assert os.environ["KERAS_BACKEND"] == "torch"
    monkeypatch.delenv("KERAS_BACKEND")
    cli.choose_backend()
    assert os.environ["KERAS_BACKEND"] == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # so that it is put back at the end


# ------------------------------------------------------------------------- training


@pytest.fixture
def asked(monkeypatch):
    """What `train` asks for, without the training."""
    asked = []
    monkeypatch.setattr(runs, "run", lambda *given, **how: asked.append((*given, how)))
    return asked


@pytest.mark.parametrize("name", shelf.PRESETS)
def test_a_recipe_is_all_that_a_preset_needs(run, asked, name):
    assert run("train", "--recipe", name)[0] == 0
    [(model, settings, out, how)] = asked
    assert (out, how["resume"]) == (Path("runs", name), False)
    chosen = {key: value for key, value in settings.items() if value is not None}
    assert {"model": model, **chosen} == shelf.PRESETS[name].recipe


def test_a_recipe_may_be_varied(run, asked):
    words = ["--epochs", 1, "--seed", 3, "--out", "mine", "--resume"]
    assert run("train", "--recipe", "vae_flowers", *words)[0] == 0
    [(model, settings, out, how)] = asked
    assert (model, out, how["resume"]) == ("vae", Path("mine"), True)
    expected = shelf.PRESETS["vae_flowers"].recipe | {"epochs": 1, "seed": 3}
    for name, value in expected.items():
        assert name == "model" or settings[name] == value


def test_a_recipe_is_resumed_from_its_checkpoint(run, monkeypatch, tmp_path):
    """Stopped after one epoch; then it goes on to the recipe's last."""
    recipe = {"model": "vae", "data": "digits", "widths": (2,), "epochs": 2}
    recipe["batch_size"] = 500
    preset = shelf.Preset("digits", "pca_rmse", "Small.", recipe)
    monkeypatch.setitem(shelf.PRESETS, "tiny", preset)

    def stop(self, epoch, logs=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training.SampleGrid, "on_epoch_end", stop)
        code, _, said = run("train", "--recipe", "tiny")
    path = Path("runs", "tiny", "model.keras")
    assert code == 1 and f"The last whole epoch is in {path}; --resume" in said
    first = training.read_state(path)
    assert first["epoch"] == 1 and first["seconds"] > 0
    assert run("train", "--recipe", "tiny", "--resume")[0] == 0
    state = training.read_state(path)
    assert state["epoch"] == 2 and state["seconds"] > first["seconds"]
    assert state["recipe"] == json.loads(json.dumps(runs.settings_of(**recipe)))
    facts = json.loads((path.parent / "recipe.json").read_text())
    assert facts["recipe"] == state["recipe"]
    assert facts["seconds_of_training"] == round(state["seconds"])
    assert "processor core" in facts["machine"]


def test_recipes_that_there_are_not(fails):
    said = fails("train", "--recipe", "roses")
    assert "There is no recipe 'roses'; there are: conditional_gan_digits, " in said
    one_of_them = "takes either a model or a --recipe, and one of them"
    assert one_of_them in fails("train")
    assert one_of_them in fails("train", "vae", "--recipe", "vae_digits")
    said = fails("train", "--recipe", "vae_digits", "--ema", "0.5")
    assert "vae takes no --ema" in said


@pytest.mark.parametrize("model", ["vae", "diffusion", "text_to_image"])
def test_training_leaves_a_whole_folder(request, model):
    out = request.getfixturevalue(model)
    found = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    files = {"model.keras", "recipe.json", "log.csv", "curves.png"}
    assert found == files | {"samples/epoch_0001.png", "samples/epoch_0002.png"}
    facts = json.loads((out / "recipe.json").read_text())
    state = training.read_state(out / "model.keras")
    assert facts["recipe"] == state["recipe"]
    assert facts["recipe"]["widths"] == [4, 8]
    assert state["epoch"] == 2
    log = (out / "log.csv").read_text().splitlines()
    assert log[0].startswith("epoch,") and "val_loss" in log[0]
    assert [line.split(",")[0] for line in log[1:]] == ["0", "1"]


def test_training_does_not_write_over_a_training(fails, vae, home):
    before = (vae / "model.keras").read_bytes()
    said = fails("train", "vae", "--data", home / "pictures", "--out", vae, *SMALL)
    assert f"{vae / 'model.keras'} exists already: --resume" in said
    assert (vae / "model.keras").read_bytes() == before


def test_resume_without_options_takes_the_saved_recipe(run, diffusion):
    """Data, size, widths and all; what is done is not done again."""
    before = (diffusion / "model.keras").read_bytes()
    code, printed, said = run("train", "diffusion", "--out", diffusion, "--resume")
    assert (code, said) == (0, "")
    assert "All 2 epochs" in printed and "are done already" in printed
    assert (diffusion / "model.keras").read_bytes() == before
    assert len((diffusion / "log.csv").read_text().splitlines()) == 3


def test_resume_of_a_checkpoint_from_before_there_were_patches(run, diffusion):
    """Its network has none, whatever a new training would have."""
    path, facts = diffusion / "model.keras", diffusion / "recipe.json"
    before = path.read_bytes(), facts.read_bytes()
    model, state = training.load_checkpoint(path)
    assert state["recipe"].pop("patch_size") == 2
    training.save_checkpoint(model, path, state)
    code, printed, said = run("train", "diffusion", "--out", diffusion, "--resume")
    assert (code, said) == (0, "") and "All 2 epochs" in printed
    assert json.loads(facts.read_text())["recipe"]["patch_size"] == 1
    path.write_bytes(before[0])
    facts.write_bytes(before[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--widths", "4"], "not (4,)"),
        (["--data", "digits", "--image-size", "28"], "not 'digits'"),
        (["--seed", "1"], "was trained with seed=0, not 1"),
    ],
)
def test_resume_refuses_other_settings(fails, vae, words, said):
    found = fails("train", "vae", "--out", vae, "--resume", *words)
    assert said in found
    assert "resume with the same settings or choose another --out" in found


def test_resume_of_another_model(fails, vae):
    found = fails("train", "autoencoder", "--out", vae, "--resume")
    assert "was trained with model='vae', not 'autoencoder'" in found


def test_resume_without_a_checkpoint(fails):
    assert "There is no checkpoint" in fails("train", "vae", "--resume")


def test_resume_of_damaged_and_foreign_checkpoints(fails, tmp_path):
    path = tmp_path / "run" / "model.keras"
    path.parent.mkdir()
    path.write_bytes(b"half a checkpoint")
    words = ["train", "vae", "--out", path.parent, "--resume"]
    assert "is not a .keras file, or a damaged one" in fails(*words)
    state = {"recipe": {"model": "vae", "data": "digits", "flux": 1}}
    training.save_checkpoint(ZOO["vae"]()[0], path, state)
    assert "another version of this project, with flux" in fails(*words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vae", "--attention"], "vae takes no --attention; what takes it is text-to"),
        (["diffusion", "--latent-dim", "3"], "takes it is autoencoder or vae"),
        (["autoencoder", "--beta", "3"], "autoencoder takes no --beta"),
        (
            ["text-encoder", "--data", "digits"],
            "text-encoder takes no --data; it takes",
        ),
        (["flower-reader", "--resume"], "flower-reader takes no --resume"),
        (["vae", "--data", "nothing"], "nothing must be a folder .* digits, mnist"),
        (["vae", "--data", "empty"], "There is no picture in empty"),
        (["vae", "--data", "digits", "--image-size", "32"], "width of 28.*got 32"),
        (
            ["vae", "--beta", "-1", "--widths", "2"],
            "beta must be a number of at least 0",
        ),
        (["diffusion", "--loss", "rage", "--num-pictures", "8"], "rage"),
        (["vae", "--widths", "4", "4", "4"], "divisible by 8"),
        (["vae", "--data", "pictures", "--image-size", "9"], "divisible by 2"),
        (["vae", "--dtype", "half"], "half"),
        (["vae", "--out", "file"], "file must be a folder, but it is a file"),
        (["text-to-image", "--data", "digits"], "digits has no captions"),
        (
            ["text-to-image", "--data", "pictures"],
            "4 of 4 pictures in pictures have no",
        ),
        (["text-to-image", "--data", "wrong"], "names 7.png, but no such picture"),
        (["vae", "--data", "broken"], "None of the .* pictures in broken can be read"),
    ],
)
@pytest.mark.filterwarnings("ignore:Skipped")
def test_what_cannot_be_trained_is_one_sentence(fails, tmp_path, words, said):
    import re

    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("a file")
    draw(tmp_path / "pictures", 4)
    draw(tmp_path / "wrong", 4)
    (tmp_path / "wrong" / "metadata.csv").write_text("file_name,text\n7.png,seven\n")
    draw(tmp_path / "broken", 4)
    for path in (tmp_path / "broken").iterdir():
        path.write_bytes(b"no picture")
    assert re.search(said, fails("train", *words))
    assert not (tmp_path / "runs").exists()


def test_tools_do_not_write_over_each_other(fails, home, text_to_image):
    said = fails("train", "text-encoder", "--out", home / "encoder")
    assert "holds a training already: choose another --out" in said


def test_broken_pictures_are_named_counted_and_skipped(run, tmp_path):
    draw(tmp_path / "mine", 16)
    (tmp_path / "mine" / "03.png").write_bytes(b"no picture")
    (tmp_path / "mine" / "05.png").write_bytes(b"nor this")
    words = ["train", "vae", "--data", "mine", "--out", "out", *SMALL]
    with pytest.warns(UserWarning) as warned:
        code, _, _ = run(*words)
    assert code == 0
    told = [str(warning.message) for warning in warned]
    assert any("Skipped mine/03.png" in text for text in told)
    assert any(text.startswith("Skipped 2 of 1") for text in told)
    with pytest.warns(UserWarning, match="Skipped"):
        assert "Skipped 2 of" in run("data", "mine")[1]


def test_warnings_are_sentences_too(capsys, monkeypatch):
    """Not the line of code that gave them, as Python would print them."""
    import warnings

    def warn(options):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = warnings_show
            warnings.warn("Mind the gap.", stacklevel=1)

    def warnings_show(message, category, filename, lineno, file=None, line=None):
        text = warnings.formatwarning(message, category, filename, lineno, line)
        sys.stderr.write(text)

    monkeypatch.setitem(cli.COMMANDS, "doctor", warn)
    before = warnings.formatwarning
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().err == "keras-gen: Mind the gap.\n"
    assert warnings.formatwarning is before


@pytest.mark.parametrize(
    ("model", "data", "image_size", "stages"),
    [
        ("diffusion", "digits", None, 2),
        ("diffusion", "flowers", None, 3),
        ("text-to-image", "flowers", 16, 4),
        ("diffusion", "some/folder", None, 3),
        ("diffusion", "some/folder", 50, 2),
        ("vae", "digits", None, 2),
        ("vae", "some/folder", 50, 1),
        ("autoencoder", "flowers", None, 2),
    ],
)
def test_default_widths_fit_the_pictures(model, data, image_size, stages):
    recipe = runs.recipes.recipe(model, data=data, image_size=image_size)
    assert len(recipe.widths) == stages
    size = image_size or by_name.default_image_size(data)
    halvings = stages - (model in ("diffusion", "text-to-image"))
    assert size % (recipe.patch_size * 2**halvings) == 0
    has_room = model == "diffusion" and size % 4 == 0
    assert recipe.patch_size == (2 if has_room else 1)


@pytest.mark.parametrize(
    ("given", "patch_size"),
    [
        ({"widths": (4, 4, 4, 4)}, 2),
        ({"widths": (4, 4, 4, 4, 4, 4)}, 1),  # which halve 32 down to 1
        ({"widths": (4, 4, 4, 4, 4, 4), "patch_size": 2}, 2),  # told when it is built
        ({"patch_size": 4}, 4),
        ({"patch_size": 1}, 1),
        ({"image_size": 50}, 1),
    ],
)
def test_patches_give_way_to_stages_that_are_asked_for(given, patch_size):
    recipe = runs.recipes.recipe("diffusion", **given)
    assert recipe.patch_size == patch_size
    expected = (64, 96, 128) if patch_size > 1 else (32, 64, 96, 128)
    if "image_size" in given:
        expected = expected[:2]
    assert recipe.widths == given.get("widths", expected)


def test_diffusion_on_digits_just_works(run, monkeypatch):
    """Its U-Net is built for 28 x 28, with small stages; the training is left out."""
    settings = {"data": "flowers", "widths": (2, 2, 2, 2)}
    monkeypatch.setitem(runs.recipes.DEFAULTS, "diffusion", settings)
    monkeypatch.setattr(keras.Model, "fit", lambda *given, **more: None)
    monkeypatch.setattr(runs, "_write_facts", lambda *given: None)
    monkeypatch.setattr(runs.training, "read_state", lambda path: {"seconds": 0})
    built, original = [], runs.recipes.build

    def build(*given):
        built.append(original(*given))
        return built[-1]

    monkeypatch.setattr(runs.recipes, "build", build)
    assert run("train", "diffusion", "--data", "digits")[0] == 0
    assert built[0].image_shape == (28, 28, 1)


# --------------------------------------------------------------------- interruption


# A shell's background jobs are deaf to Ctrl-C, and so would their children be.
HEEDS_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from keras_gen import cli
sys.exit(cli.command())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one")
def test_interrupted_training_keeps_its_checkpoint_and_goes_on(home, run):
    """The one true process: Ctrl-C in the middle of an epoch, then --resume."""
    out = home / "interrupted"
    words = ["train", "vae", "--data", str(home / "pictures"), "--out", str(out)]
    words += [*SMALL[:-1], "2000"]
    process = subprocess.Popen(
        [sys.executable, "-c", HEEDS_CTRL_C, *words],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    path = out / "model.keras"
    end = time.monotonic() + 300
    while not path.is_file() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    kept = f"Interrupted. The last whole epoch is in {path}; --resume goes on from it."
    assert kept in said
    assert "Traceback" not in said
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    done = training.read_state(path)["epoch"]
    assert 1 <= done < 2000
    # As if two more epochs had been asked for at the start.
    model, state = training.load_checkpoint(path)
    state["recipe"]["epochs"] = done + 2
    training.save_checkpoint(model, path, state)
    assert run("train", "vae", "--out", out, "--resume")[0] == 0
    state = training.read_state(path)
    assert state["epoch"] == done + 2 == len(state["history"]["loss"])
    assert len((out / "log.csv").read_text().splitlines()) == done + 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "vae"], "Interrupted. No epoch was finished, so there is no check"),
        (["train", "flower-reader"], "stored at the end only, so nothing is kept"),
        (["generate", "x.keras"], "Interrupted."),
    ],
)
def test_interruption_says_what_is_kept(run, monkeypatch, words, said):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, words[0], interrupt)
    code, _, found = run(*words)
    assert code == 1
    assert said in found and "Traceback" not in found


# ---------------------------------------------------------------------- generation


def test_generate_vae(run, vae, tmp_path):
    code, printed, _ = run("generate", vae, "-n", 6, "--seed", 1)
    assert (code, printed) == (0, "Written to grid.png.\n")
    first = (tmp_path / "grid.png").read_bytes()
    run("generate", vae / "model.keras", "-n", 6, "--seed", 1, "--out", "a/b.png")
    assert (tmp_path / "a" / "b.png").read_bytes() == first
    run("generate", vae, "-n", 6, "--seed", 2)
    assert (tmp_path / "grid.png").read_bytes() != first


def test_generate_diffusion(run, diffusion, tmp_path):
    assert run("generate", diffusion, "-n", 4, "--steps", 2, "--out", "x.jpg")[0] == 0
    assert size(tmp_path / "x.jpg")[0] > 16


def test_generate_for_prompts(run, text_to_image, tmp_path):
    one = ["generate", text_to_image, "--steps", 2, "--prompt", "a red flower"]
    several = ["--prompt", "a blue flower", "-n", 3, "--out", "several.png"]
    assert run(*one, "-n", 2, "--out", "one.png")[0] == 0
    assert run(*one, *several)[0] == 0
    assert size(tmp_path / "several.png")[1] > size(tmp_path / "one.png")[1]
    plain = (tmp_path / "one.png").read_bytes()
    without = ["--negative-prompt", "on green", "--out", "without.png"]
    assert run(*one, "-n", 2, *without)[0] == 0
    assert (tmp_path / "without.png").read_bytes() != plain


def test_prompts_reach_the_model_each_as_often_as_asked(monkeypatch, text_to_image):
    asked = []
    model = cli_drawing.load(text_to_image)

    def generate(self, *given, **how):
        asked.append((*given, how))
        return np.zeros((len(given[0]["prompts"]), 8, 8, 3), "uint8")

    monkeypatch.setattr(type(model), "generate", generate)
    words = "generate x --prompt a --prompt b --negative-prompt c --steps 5 --seed 2"
    words += " --guidance-scale 7 --sampler heun"
    options = cli.parser().parse_args(words.split())
    _, captions = cli_drawing.drawn(model, options)
    assert captions == list("aaaabbbb")
    how = {"num_steps": 5, "guidance_scale": 7.0, "seed": 2, "sampler": "heun"}
    inputs = {"prompts": captions, "negative_prompts": "c"}
    assert asked == [(inputs, how | {"verbose": 0})]


def test_a_guide_is_asked_with_the_model(monkeypatch, diffusion):
    model, made = cli_drawing.load(diffusion), []

    def spied(*given):
        made.append(given)
        return autoguided(*given)

    monkeypatch.setattr("keras_gen.diffusion.autoguided", spied)
    words = ["generate", "x", "-n", "2", "--steps", "2", "--guide", str(diffusion)]
    for more in ([], ["--guidance-scale", "1.5"]):
        options = cli.parser().parse_args([*words, *more])
        pictures, _ = cli_drawing.drawn(model, options)
        assert pictures.shape == (2, 8, 8, 3)
    assert made == [(model, str(diffusion), 2.0), (model, str(diffusion), 1.5)]


def test_morph_writes_its_frames(run, text_to_image, tmp_path, monkeypatch):
    model = cli_drawing.load(text_to_image)
    ZOO["fill"](model.diffusion.ema_unet)  # or all frames might be alike
    monkeypatch.setattr(cli_drawing, "load", lambda name: model)
    words = ["morph", text_to_image, "a red flower", "a blue flower", "--steps", 2]
    assert run(*words, "-n", 5)[:2] == (0, "Written to morph.gif.\n")
    with Image.open(tmp_path / "morph.gif") as picture:
        assert picture.n_frames == 8  # there, and back without the two ends


def test_what_cannot_be_drawn_is_one_sentence(
    fails, home, vae, text_to_image, monkeypatch
):
    monkeypatch.setattr(cli_drawing, "load", functools.cache(cli_drawing.load))
    generate = ["generate", vae]
    assert "needs a --prompt" in fails("generate", text_to_image)
    assert "takes no prompt" in fails(*generate, "--prompt", "a red flower")
    assert "takes no prompt" in fails(*generate, "--negative-prompt", "red")
    assert "takes no --guidance-scale" in fails(*generate, "--guidance-scale", "1")
    assert "takes no --guide" in fails(*generate, "--guide", vae)
    for option in (["--steps", "2"], ["--sampler", "heun"], ["--spacing", "even"]):
        assert f"takes no {option[0]}" in fails(*generate, *option)
    assert "--out must end in .png" in fails(*generate, "--out", "grid.bmp")
    assert "--out must end in .png" in fails(*generate, "--out", "grid")
    blocked = home / "pictures" / "00.png" / "grid.png"
    assert f"Cannot write '{blocked}'" in fails(*generate, "--out", blocked)
    assert "--out must end in .gif" in fails("morph", vae, "a", "b", "--out", "a.png")
    assert "is no text-to-image model" in fails("morph", vae, "a", "b")
    empty = ["generate", text_to_image, "--prompt", " "]
    assert "not empty" in fails(*empty)
    encoder = home / "encoder"
    for name in (encoder, "flower_text_encoder"):
        assert f"{name} is a text encoder" in fails("generate", name)
    assert "presets: " in fails("generate", "flower_vae")
    assert "no checkpoint" in fails("generate", home / "pictures")
    (home / "cat.keras").write_text("miaow")
    assert "is not a .keras file" in fails("generate", home / "cat.keras")


def test_an_autoencoder_draws_nothing_of_its_own(fails, tmp_path):
    ZOO["autoencoder"]()[0].save(tmp_path / "a.keras")
    assert "draws no pictures of its own" in fails("generate", "a.keras")


# -------------------------------------------------------- evaluation, data, doctor


@pytest.mark.parametrize("model", ["diffusion", "text_to_image"])
def test_evaluate_prints_figures_and_writes_json(request, run, model):
    out = request.getfixturevalue(model)
    code, printed, said = run("evaluate", out, "--steps", 2, "-n", 2)
    assert (code, said) == (0, "")
    report = json.loads((out / "model.json").read_text())
    assert report["test_pictures"] == 2  # a tenth of the folder
    assert report["data"].endswith("captioned" if "text" in model else "pictures")
    lines = dict(line.split() for line in printed.splitlines()[:-1])
    assert lines.keys() == report.keys() - {"model", "data", "seed", "num", "num_steps"}
    for name, value in lines.items():
        assert float(value) == pytest.approx(report[name], rel=1e-5)
    assert printed.endswith(f"Written to {out / 'model.json'}.\n")


def test_evaluate_on_other_pictures(run, fails, vae, tmp_path, monkeypatch):
    asked = []

    def evaluate(model, test, train, *numbers, **how):
        asked.append((type(model).__name__, len(test), len(train), *numbers, how))
        return {"figure": 0.5}

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    draw(tmp_path / "others", 30)
    words = ["evaluate", vae, "--data", "others", "--steps", 3, "-n", 7, "--seed", 5]
    assert run(*words, "--out", "a/figures.json")[0] == 0
    assert asked == [("VAE", 3, 27, 5, 7, {"num_steps": 3})]
    report = json.loads((tmp_path / "a" / "figures.json").read_text())
    numbers = {"seed": 5, "num": 7, "num_steps": 3}
    assert report == {"model": str(vae), "data": "others", **numbers, "figure": 0.5}
    assert "no other image size" in fails("evaluate", vae, "--data", "digits")


def test_evaluate_writes_nothing_among_the_presets(run, vae, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "FOLDER", vae.parent)
    monkeypatch.setattr(evaluation, "evaluate", lambda *given, **how: {"figure": 1.0})
    assert run("evaluate", "vae")[0] == 0
    assert json.loads((tmp_path / "vae.json").read_text())["figure"] == 1.0


def test_evaluate_a_tool_on_other_data(run, fails, monkeypatch):
    monkeypatch.setattr(evaluation, "evaluate", lambda *given, **how: {"figure": 1.0})
    words = ["evaluate", "flower_reader", "--data"]
    assert "is measured on flowers; drop --data" in fails(*words, "digits")
    assert run(*words, "flowers")[0] == 0


def test_evaluate_what_says_nothing_of_its_data(fails, tmp_path):
    ZOO["vae"]()[0].save(tmp_path / "a.keras")
    assert "does not say what it was trained on" in fails("evaluate", "a.keras")


def test_evaluate_what_has_no_figures(fails, tmp_path):
    inputs = keras.Input((8, 8, 3))
    network = keras.Model(inputs, keras.layers.Flatten()(inputs))
    network.save(tmp_path / "a.keras")
    words = ["evaluate", "a.keras", "--data", "flowers"]
    assert "can't be evaluated; what can is: VAE" in fails(*words)


def test_presets_are_listed(run):
    """Without loading any: it is asked often."""
    code, printed, said = run("presets")
    assert (code, said) == (0, "")
    lines = [line.split() for line in printed.splitlines()]
    assert [line[0] for line in lines] == ["name", *shelf.names()]
    assert {line[1] for line in lines[1:]} >= {"VAE", "DiffusionModel", "TextToImage"}
    assert "MB" in printed


def test_data_shows_digits(run, tmp_path):
    code, printed, _ = run("data", "digits")
    assert code == 0
    assert "1500 pictures to train and 297 to test, 28 x 28 x 1" in printed
    assert "10 classes: zero, one" in printed
    assert size(tmp_path / "data.png")[0] > 28


def test_data_shows_flowers(run, tmp_path):
    code, printed, _ = run("data", "flowers", "--image-size", 16, "--out", "f.png")
    assert code == 0
    assert "16 x 16 x 3" in printed and "Captions such as:\n  " in printed
    assert (tmp_path / "f.png").is_file()


def test_data_shows_a_folder(run, home, tmp_path):
    (tmp_path / "one").mkdir()
    draw(tmp_path / "few", 10)
    (tmp_path / "few" / "04.txt").write_text("the fourth")
    code, printed, _ = run("data", tmp_path / "few")
    assert code == 0
    assert "9 pictures to train and 1 to test, 64 x 64 x 3" in printed
    assert "Captions" not in printed or printed.count("\n  ") == 1  # none is empty


def test_data_that_is_not_there(fails):
    said = fails("data", "digit")
    assert "digit must be a folder of pictures, but it does not exist" in said
    assert "flowers, digits, mnist" in said
    assert "--out must end in .png" in fails("data", "digits", "--out", "digits")


def test_doctor(run, monkeypatch):
    from keras_gen import doctor

    assert run("doctor", "--json")[0] == 0
    code, printed, _ = run("doctor")
    assert code == 0 and "All is well" in printed
    monkeypatch.setattr(doctor, "try_backend", lambda name: ([], "It is broken."))
    code, printed, _ = run("doctor")
    assert code == 1 and "It is broken." in printed


def test_demo_is_asked_for_its_folder(run, monkeypatch, tmp_path):
    from keras_gen import demo

    asked = []
    monkeypatch.setattr(demo, "run", lambda out, seed: asked.append((out, seed)))
    assert run("demo", "--out", "page", "--seed", 3)[0] == 0
    assert asked == [(Path("page"), 3)]
