"""A student's way in and out: `keras-gen start` and `keras-gen submit`."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from keras_gen.cli import main
from keras_gen.course import start
from keras_gen.grading import intake

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.name for path in (PROJECT / "notebooks").glob("*.ipynb"))
GAN = PROJECT / "tests" / "right_answers" / "gan" / "whole__book.py"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The commands write where they are run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cells(*texts):
    """A notebook's text."""
    made = [{"cell_type": "code", "source": text, "metadata": {}} for text in texts]
    return json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5})


# ------------------------------------------------------------------------------ start


def test_start_makes_a_folder_with_all_notebooks(capsys):
    assert main(["start", "course"]) == 0
    names = {path.name for path in Path("course").iterdir()}
    assert names == {"README.md", start.RECORD, *NOTEBOOKS}
    assert "keras-gen submit" in Path("course/README.md").read_text()
    assert "Next: jupyter lab course" in capsys.readouterr().out


def test_start_again_has_no_news(capsys):
    main(["start", "course"])
    capsys.readouterr()
    assert main(["start", "course"]) == 0
    assert capsys.readouterr().out == "course: no news.\n"


def test_start_leaves_alone_what_was_changed(capsys):
    main(["start", "course"])
    mine = Path("course", NOTEBOOKS[0])
    mine.write_text("mine")
    capsys.readouterr()
    assert main(["start", "course"]) == 0
    assert mine.read_text() == "mine"
    told = capsys.readouterr().out
    assert f"You have changed {mine.name}, so it was left as you have it" in told
    assert len(told.splitlines()) == 2


def test_start_leaves_alone_what_was_there_before(capsys):
    Path("course").mkdir()
    Path("course/README.md").write_text("mine")
    assert main(["start", "course"]) == 0
    assert Path("course/README.md").read_text() == "mine"
    assert "You have changed README.md" in capsys.readouterr().out


def test_start_renews_what_was_not_changed(monkeypatch):
    monkeypatch.setattr(start, "find", lambda: {"01_a.ipynb": b"old"})
    main(["start", "course"])
    monkeypatch.setattr(start, "find", lambda: {"01_a.ipynb": b"new"})
    main(["start", "course"])
    assert Path("course/01_a.ipynb").read_bytes() == b"new"


def test_start_brings_back_what_was_deleted():
    main(["start", "course"])
    Path("course", NOTEBOOKS[0]).unlink()
    main(["start", "course"])
    assert Path("course", NOTEBOOKS[0]).is_file()


@pytest.mark.parametrize("record", ["", "[]", "{", '{"README.md": 3}'])
def test_a_broken_record_loses_nobody_s_work(record, capsys):
    main(["start", "course"])
    Path("course/README.md").write_text("mine")
    Path("course", start.RECORD).write_text(record)
    assert main(["start", "course"]) == 0
    assert Path("course/README.md").read_text() == "mine"


def test_start_wants_a_folder(capsys):
    Path("file").write_text("")
    assert main(["start", "file"]) == 1
    assert capsys.readouterr().err == (
        "keras-gen: file is a file; start wants a folder.\n"
    )


def test_an_installation_without_notebooks_says_so(monkeypatch, capsys):
    monkeypatch.setattr(start, "__file__", "/nowhere/keras_gen/course/start.py")
    monkeypatch.setattr(start.importlib.metadata, "files", lambda name: None)
    assert main(["start", "course"]) == 1
    assert "This installation of keras-gen has no notebooks" in capsys.readouterr().err
    assert not Path("course").exists()


def test_an_installed_wheel_starts_a_course(tmp_path):
    """Built and installed without a network, far from the repository."""
    source = tmp_path / "project"
    shutil.copytree(
        PROJECT / "notebooks", source / "notebooks", ignore=lambda *_: ["__pycache__"]
    )
    # Presets and the rest of the library matter to test_install.py.
    for path in ("course", "grading", "exercises", "plots"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            PROJECT / "keras_gen" / path, source / "keras_gen" / path, ignore=ignore
        )
    for path in (*PROJECT.glob("keras_gen/*.py"), PROJECT / "pyproject.toml"):
        shutil.copy(path, source / path.relative_to(PROJECT))
    for name in ("README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    alone = ["--no-deps", "--no-index"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def run(*words, **more):
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, **more
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    wheels = tmp_path / "wheels"
    run(*pip, "wheel", *alone, "--no-build-isolation", "-w", wheels, source)
    (wheel,) = wheels.glob("*.whl")
    shutil.rmtree(source)
    venv.create(tmp_path / "env", with_pip=False)
    bin = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(*pip, "--python", bin / "python", "install", *alone, wheel)
    # What it depends on is that of this environment.
    (packages,) = (tmp_path / "env").rglob("site-packages")
    outside = sysconfig.get_path("purelib")
    (packages / "outside.pth").write_text(outside, encoding="utf-8")
    run(bin / "keras-gen", "start", "course", cwd=tmp_path)
    for name in NOTEBOOKS:
        held = (tmp_path / "course" / name).read_text(encoding="utf-8")
        assert "](../" not in held
        there = "](https://github.com/your--organisation/keras-gen/blob/main/"
        original = (PROJECT / "notebooks" / name).read_text(encoding="utf-8")
        assert held == original.replace("](../", there)


# ----------------------------------------------------------------------------- submit


def test_submit_packs_what_the_grader_takes(capsys):
    Path("ada").mkdir()
    shutil.copy(GAN, "ada/gan.py")
    Path("ada/more.ipynb").write_text(cells("x = 1"))
    Path("ada/notes.txt").write_text("not code")
    Path("ada/.hidden.py").write_text("x = 1")
    assert main(["submit", "ada"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "ada.zip holds gan.py, more.ipynb. This file is to be handed in.",
        "gan: 5 of 5 are written.",
    ]
    with zipfile.ZipFile("ada.zip") as archive:
        assert set(archive.namelist()) == {"gan.py", "more.ipynb", intake.ONE}
    (one,) = intake.collect(["ada.zip"]).submissions
    assert (one.id, one.problem, len(one.cells)) == ("ada", "", 2)


def test_the_same_work_gives_the_same_zip():
    shutil.copy(GAN, "gan.py")
    main(["submit", "gan.py", "--out", "a.zip"])
    main(["submit", "gan.py", "--out", "b.zip"])
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()


def test_what_is_missing_is_told_by_set(capsys):
    text = cells(
        "import keras_gen\nfrom keras_gen import wasserstein_losses",
        "def generator_loss(x):\n    return x",
        "def discriminator_loss(a, b):\n    raise NotImplementedError",
        "discriminator_loss = keras_gen.mine_or_ours('discriminator_loss', 3)",
        "def psnr(a, b):\n    return condition_images(a, b, 1)",
        "def condition_images(a, b, c):\n    # Your code here.\n"
        "    raise NotImplementedError('soon')",
        "def interpolate_real_fake(a, b c):\n    return a",
    )
    Path("ada.ipynb").write_text(text)
    assert main(["submit", "ada.ipynb"]) == 3
    *told, broken, last = capsys.readouterr().out.splitlines()[1:]
    assert told == [
        "gan: 1 of 5 are written.",
        "  discriminator_loss: not written yet",
        "  wasserstein_losses: it is ours, which the grader does not have",
        "  condition_images: not written yet",
    ]
    assert broken.startswith("  interpolate_real_fake: it is not Python: ")
    assert broken.endswith(" (code cell 7, line 1)")
    assert last == "Whether it is right, keras_gen.check says in the notebook."


def test_what_needs_an_open_name_is_told(capsys):
    Path("ada.py").write_text(
        "def slerp(t, a, b):\n    raise NotImplementedError\n"
        "def interpolate_prompts(a, b, num):\n    return [slerp(0, a, b)]\n"
        "def pool_tokens(a, b):\n    return a\n"
    )
    assert main(["submit", "ada.py"]) == 3
    told = capsys.readouterr().out
    assert "  interpolate_prompts: it needs slerp" in told
    assert "text_to_image: 1 of 6 are written." in told


def test_of_a_class_the_open_methods_are_told(capsys):
    Path("ada.py").write_text(
        "class VAE:\n    def __init__(self):\n        pass\n"
        "    def call(self):\n        raise NotImplementedError\n"
        "    def compute_loss(self):\n        raise NotImplementedError()\n"
    )
    assert main(["submit", "ada.py"]) == 3
    assert "  VAE: call, compute_loss not written yet" in capsys.readouterr().out


def test_the_last_definition_counts(capsys):
    Path("ada").mkdir()
    Path("ada/1.py").write_text("def slerp(t, a, b):\n    raise NotImplementedError\n")
    Path("ada/2.py").write_text("def slerp(t, a, b):\n    return a\n")
    main(["submit", "ada"])
    assert "slerp" not in capsys.readouterr().out


def test_a_set_can_be_asked_for(capsys):
    shutil.copy(GAN, "gan.py")
    assert main(["submit", "gan.py", "--set", "gan"]) == 0
    assert main(["submit", "gan.py", "--set", "gan", "--set", "metrics"]) == 3
    assert "metrics: 0 of 4 are written." in capsys.readouterr().out


def test_a_fresh_folder_says_that_nothing_is_written(capsys):
    main(["start", "course"])
    assert main(["submit", "course", "--name", "Ada L"]) == 3
    assert Path("Ada_L.zip").is_file()
    assert "vae: 0 of 7 are written." in capsys.readouterr().out


def test_a_solution_is_complete(capsys):
    build = runpy.run_path(str(PROJECT / "notebooks" / "build.py"))["build"]
    source = PROJECT / "notebooks" / "sources" / "02_autoencoders.py"
    Path("mine.ipynb").write_bytes(list(build(source).values())[1])
    assert main(["submit", "mine.ipynb"]) == 0
    assert "vae: 7 of 7 are written." in capsys.readouterr().out


BAD = [
    ("absent", None, "There is no absent."),
    ("a.txt", "x = 1", "a.txt is no notebook or .py file, and holds none."),
    ("a.py", "x = 1", "a.py defines none of the exercises' names."),
    ("a.py", "", "a.py holds no code."),
    ("a.ipynb", "{", "a.ipynb is no notebook: it is no JSON (line 1)."),
    ("a.py", "#" * (1 << 20) + "\n", "a.py in submission.zip is larger than 1 MiB."),
]


@pytest.mark.parametrize(("name", "text", "told"), BAD, ids=[b[2][:30] for b in BAD])
def test_bad_input_is_one_sentence_and_no_zip(name, text, told, capsys):
    if text is not None:
        Path(name).write_text(text)
    assert main(["submit", name]) == 1
    assert capsys.readouterr().err == f"keras-gen: {told}\n"
    assert not list(Path().glob("*.zip"))


def test_an_empty_folder_has_nothing_to_hand_in(capsys):
    Path("empty").mkdir()
    assert main(["submit", "empty"]) == 1
    assert "holds none" in capsys.readouterr().err


def test_the_zip_has_to_be_one(capsys):
    shutil.copy(GAN, "gan.py")
    assert main(["submit", "gan.py", "--out", "gan.rar"]) == 1
    assert "--out must end in .zip; got 'gan.rar'." in capsys.readouterr().err


def test_an_unknown_set_is_wrong_usage():
    with pytest.raises(SystemExit) as stop:
        main(["submit", "gan.py", "--set", "gans"])
    assert stop.value.code == 2
