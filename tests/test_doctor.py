"""The doctor's findings, and what it advises on machines that are not this one."""

import json
import os
import subprocess
import sys

import pytest

from keras_gen import doctor


@pytest.fixture
def machine(monkeypatch):
    """Builds what the doctor found on a Linux machine with a GPU that nobody sees."""
    for name in doctor.HIDERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor.platform, "system", lambda: "Linux")
    monkeypatch.setattr(doctor, "installer", lambda: "pip install")

    def found(name="jax", driver="550.54", devices=("CPU:0",)):
        return {
            "backend": {"name": name, "why": "of a test", "error": None},
            "devices": list(devices),
            "packages": {"jax": "0.10.2", "tensorflow": "2.21.0"},
            "gpus": [{"name": "NVIDIA T4", "driver": driver}] if driver else [],
        }

    return found


def test_report_of_this_machine(backend, capsys):
    assert doctor.main(as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["backend"]["name"] == backend
    assert report["backend"]["error"] is None
    assert "CPU:0" in report["devices"]
    assert report["packages"]["keras"] and report["packages"][backend]
    assert report["disk_free_gb"] > 0


def test_text_names_all_that_matters(capsys):
    report = doctor.report()
    text = doctor.render(report)
    expected = [report["backend"]["name"], "CPU:0", f"keras {doctor.version('keras')}"]
    for part in [*expected, *report["hints"], report["data_cache"], "All is well"]:
        assert part in text


def test_backend_comes_from_the_environment_then_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert doctor.chosen_backend() == ("jax", "KERAS_BACKEND says so")
    monkeypatch.delenv("KERAS_BACKEND")
    name, why = doctor.chosen_backend()
    assert name == "torch" and "keras.json" in why
    (tmp_path / "keras.json").write_text("broken")
    assert doctor.chosen_backend()[0] == "tensorflow"


@pytest.mark.parametrize("name", ["jax", "tensorflow"])
def test_missing_backend_is_one_sentence_and_exit_code_1(name):
    script = (
        f"import sys; sys.modules[{name!r}] = None\n"
        "from keras_gen import doctor; sys.exit(doctor.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"KERAS_BACKEND": name},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"The backend {name} is not installed")
    other = {"jax": "tensorflow", "tensorflow": "jax"}[name]
    assert last.endswith(f" {name}, or set KERAS_BACKEND={other}.")


def test_another_backend_than_the_chosen_one_is_an_error(backend):
    assert doctor.try_backend("torch") == (
        [],
        f"Keras runs on {backend}, not on torch.",
    )


def test_broken_backend_is_one_line(monkeypatch, backend):
    def broken():
        raise RuntimeError("no such device\nmany more lines")

    monkeypatch.setattr("keras_gen.backend.devices", broken)
    error = f"The backend {backend} does not work: no such device"
    assert doctor.try_backend(backend) == ([], error)


@pytest.mark.parametrize(
    ("name", "extra"),
    [("jax", "jax[cuda12]==0.10.2"), ("tensorflow", "tensorflow[and-cuda]==2.21.0")],
)
def test_unseen_gpu_gets_the_line_that_adds_cuda(machine, name, extra):
    hint = doctor.gpu_hint(machine(name))
    assert hint.startswith(f"A GPU is there, but {name} does not see it.")
    assert hint.endswith(f'pip install "{extra}"')


def test_seen_gpu_gets_no_advice(machine):
    assert doctor.gpu_hint(machine(devices=["CPU:0", "GPU:0"])) is None


def test_hidden_gpu_names_what_hides_it(machine, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert "CUDA_VISIBLE_DEVICES=-1 may hide it" in doctor.gpu_hint(machine())


def test_old_driver_is_named(machine):
    assert "driver 470.1 is older than CUDA 12" in doctor.gpu_hint(
        machine(driver="470.1")
    )


def test_machine_without_a_gpu(machine):
    assert "No NVIDIA GPU answers" in doctor.gpu_hint(machine(driver=None))


@pytest.mark.parametrize(
    ("system", "word"), [("Windows", "WSL2"), ("Darwin", "tensorflow-metal")]
)
def test_other_systems_get_their_own_advice(machine, monkeypatch, system, word):
    monkeypatch.setattr(doctor.platform, "system", lambda: system)
    assert word in doctor.gpu_hint(machine())


def test_gpus_are_what_nvidia_smi_lists(monkeypatch, tmp_path):
    script = tmp_path / "smi.py"
    script.write_text("print('NVIDIA H200, 580.1\\nNVIDIA T4, 550.2')")
    run = subprocess.run

    def run_script(command, **keywords):
        return run([sys.executable, str(script), *command[1:]], **keywords)

    monkeypatch.setattr(doctor.shutil, "which", lambda name: name)
    monkeypatch.setattr(doctor.subprocess, "run", run_script)
    assert doctor.nvidia_gpus() == [
        {"name": "NVIDIA H200", "driver": "580.1"},
        {"name": "NVIDIA T4", "driver": "550.2"},
    ]
    script.write_text("raise SystemExit('the driver does not answer')")
    assert doctor.nvidia_gpus() == []


def test_text_hint_only_where_keras_hub_is_missing(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert "keras-hub>=0.32" in doctor.text_hint()
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: object())
    assert doctor.text_hint() is None


def test_box_is_the_one_that_grading_takes():
    from keras_gen.grading import tiers

    found = doctor.grading_box()
    assert found["tier"] == tiers.tier()
    assert (found["reason"] is None) == (found["tier"] == tiers.best())
    assert "box" in doctor.render(doctor.report())


def test_machine_without_a_box_says_why():
    line = doctor.grading_line({"tier": "none", "reason": "bwrap is not installed."})
    assert line.startswith("self-checks only") and line.endswith("not installed.")
    line = doctor.grading_line({"tier": "landlock", "reason": "AppArmor refuses it."})
    assert "weaker box" in line and "--allow-landlock" in line
    assert line.endswith("AppArmor refuses it.")


def test_disk_space_of_a_folder_that_is_not_there_yet(tmp_path):
    assert doctor.free_gigabytes(tmp_path / "a" / "b") > 0
