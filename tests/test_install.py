"""The pinned packages, the script that installs them, and the wheel."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def script(name):
    """A script of `requirements/`, as a module."""
    path = PROJECT / "requirements" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"requirements_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


install, lock = script("install"), script("lock")


def faults_of_pins(settings, pinned):
    """What `pinned.txt` lacks of what `pyproject.toml` asks for."""
    project = settings["project"]
    wanted = settings["build-system"]["requires"] + project["dependencies"]
    for extra in lock.EXTRAS:
        wanted = wanted + project["optional-dependencies"][extra]
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", pinned, flags=re.MULTILINE))
    for requirement in map(Requirement, wanted):
        version = pins.get(requirement.name.lower(), "0")
        if not requirement.specifier.contains(version):
            yield f"{requirement} is not met by {version}: make lock"
    for block in re.split(r"\n(?=[a-z])", pinned):
        name = re.match(r"([\w.-]+)==", block)
        if name and "--hash=sha256:" not in block:
            yield f"{name[1]} has no hash"
    if "torch" in pins:
        yield "torch is nobody's dependency here"
    if re.search(r"^--|://", pinned, flags=re.MULTILINE):
        yield "there is an address or an option"


def test_pins_are_current():
    pinned = (PROJECT / "requirements" / "pinned.txt").read_text(encoding="utf-8")
    assert list(faults_of_pins(PYPROJECT, pinned)) == []


@pytest.mark.parametrize(
    ("pinned", "fault"),
    [
        ("keras==3.14.0 \\\n    --hash=sha256:0", "is not met by 3.14.0"),
        ("", "is not met by 0"),
        ("keras==3.15.1", "keras has no hash"),
        ("torch==2.13.0 \\\n    --hash=sha256:0", "torch"),
        ("--index-url https://example.org", "address"),
    ],
)
def test_faults_of_pins_are_seen(pinned, fault):
    settings = {
        "build-system": {"requires": []},
        "project": {
            "dependencies": ["keras>=3.15"],
            "optional-dependencies": dict.fromkeys(lock.EXTRAS, []),
        },
    }
    assert fault in "\n".join(faults_of_pins(settings, pinned))


def test_lock_drops_addresses():
    written = "--index-url https://example.org\nkeras==3.15.1\n--find-links x\n"
    assert lock.clean(written) == lock.HEADER + "keras==3.15.1\n"


def test_extras_name_all_that_the_demo_needs():
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert extras["all"] == ["keras-gen[jax,tensorflow,text]"]
    assert all(extra in extras for extra in lock.EXTRAS)


@pytest.mark.parametrize("version", [(3, 10, 1), (3, 14, 0)])
def test_python_without_tensorflow_is_refused(monkeypatch, version):
    monkeypatch.setattr(install.sys, "version_info", version)
    sentence = install.find_fault(None)
    assert "Python 3.11, 3.12 or 3.13 is needed" in sentence
    assert f"this is Python {version[0]}.{version[1]}" in sentence
    assert install.find_fault("uv") == ""  # which finds or fetches a Python


def test_missing_ensurepip_names_the_package(monkeypatch):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: None)
    assert "python3-venv" in install.find_fault(None)


def test_this_python_has_no_fault():
    assert install.find_fault(None) == ""


@pytest.mark.parametrize("uv", [None, "uv"])
def test_everything_installed_has_a_known_hash(monkeypatch, uv):
    monkeypatch.setattr(install, "works", lambda *arguments: False)
    make, packages, project = install.commands(uv)
    assert "venv" in make
    assert "--require-hashes" in packages and install.PINNED in packages
    assert "--no-build-isolation" in project and "--no-deps" in project


def test_working_environment_is_kept(monkeypatch):
    monkeypatch.setattr(install, "works", lambda *arguments: True)
    assert not any("venv" in command for command in install.commands(None))


def test_wheel_holds_every_file(tmp_path):
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "keras_gen"]
    done = subprocess.run(git, cwd=PROJECT, capture_output=True, text=True, check=True)
    files = [path for path in done.stdout.splitlines() if (PROJECT / path).is_file()]
    for path in [*files, "pyproject.toml", "README.md", "LICENSE"]:
        target = tmp_path / "project" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((PROJECT / path).read_bytes())
    build = "from setuptools import build_meta; build_meta.build_wheel('..')"
    done = subprocess.run(
        [sys.executable, "-c", build],
        cwd=tmp_path / "project",
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert files and sorted(set(files) - held) == []
