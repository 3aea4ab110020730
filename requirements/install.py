"""Makes `.venv` with the pinned packages and this project in it.

    python requirements/install.py            (on Windows: py requirements\\install.py)

Uses uv where it is on the PATH, else venv and pip.  Every package comes as a wheel
whose hash stands in pinned.txt; nothing else runs.  Runs again only when something
changed, and needs nothing but Python.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PINNED = PROJECT / "requirements" / "pinned.txt"
STAMP = VENV / "installed"
OLDEST, NEWEST = (3, 11), (3, 13)  # TensorFlow has no wheels for later ones yet


def wanted() -> str:
    """Returns what a finished environment has written into its stamp."""
    sources = [PINNED, PROJECT / "pyproject.toml"]
    data = b"".join(path.read_bytes() for path in sources)
    return hashlib.sha256(data + str(PROJECT).encode()).hexdigest()


def works(*arguments) -> bool:
    """Tells whether the Python of `.venv` runs with these arguments."""
    try:
        return not subprocess.run([PYTHON, *arguments], capture_output=True).returncode
    except OSError:
        return False


def find_fault(uv) -> str:
    """Returns why this Python cannot make the environment, or an empty string."""
    if uv:
        return ""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return (
            "Python 3.11, 3.12 or 3.13 is needed, and this is Python {}.{}: run this "
            "with one of them, or install uv, which fetches one.".format(
                *sys.version_info
            )
        )
    if not importlib.util.find_spec("ensurepip"):
        return (
            "This Python cannot make an environment, because it has no ensurepip: on "
            "Debian and Ubuntu 'sudo apt install python3-venv' brings it."
        )
    return ""


def commands(uv) -> list:
    """Returns the commands that make the environment, in order."""
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", PINNED]
    project = ["--no-deps", "--no-build-isolation", "-e", PROJECT]
    if uv:
        fits = OLDEST <= sys.version_info[:2] <= NEWEST
        make = [uv, "venv", "--clear", "--python", sys.executable if fits else "3.11"]
        install = [uv, "pip", "install", "--python", PYTHON]
    else:
        make = [sys.executable, "-m", "venv", "--clear"]
        install = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    # What somebody added to a working environment stays there.
    keep = works("-c", "") if uv else works("-m", "pip", "--version")
    return ([] if keep else [[*make, VENV]]) + [install + pinned, install + project]


def main():
    """Makes the environment, or says in one sentence why it cannot."""
    if STAMP.exists() and STAMP.read_text() == wanted() and works("-c", ""):
        return
    uv = shutil.which("uv")
    fault = find_fault(uv)
    if fault:
        sys.exit(fault)
    for command in commands(uv):
        if subprocess.run(command, cwd=PROJECT).returncode:
            sys.exit("This failed, see above: " + " ".join(map(str, command)))
    STAMP.write_text(wanted())
    print("Ready. Next: " + str(PYTHON.with_name("keras-gen")) + " demo")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped; run it again to go on.")
