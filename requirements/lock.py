"""Writes `pinned.txt`, the exact and hashed set of packages, from `pyproject.toml`.

    python requirements/lock.py              keeps the pins that still fit
    python requirements/lock.py --upgrade    takes the newest of everything

Users never need this: they install from the file.  It needs Python 3.11 or later and
`uv`, which it puts into a scratch environment when it is not on the PATH.  Other
arguments go to `uv pip compile` as they are.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PINNED = PROJECT / "requirements" / "pinned.txt"
EXTRAS = ("jax", "tensorflow", "text", "grade-cluster")
EXTRAS += ("playground", "course", "site", "test")
HEADER = """\
# Made by requirements/lock.py from pyproject.toml; do not edit.
# Holds on Python 3.11 to 3.13, on Linux, macOS and Windows.
"""


def find_uv(scratch: Path) -> str:
    """Returns the path of uv: the one on the PATH, else one installed in `scratch`."""
    found = shutil.which("uv")
    if found:
        return found
    venv.create(scratch / "uv", with_pip=True)
    folder = scratch / "uv" / ("Scripts" if os.name == "nt" else "bin")
    install = [folder / "python", "-m", "pip", "install", "--quiet", "uv"]
    subprocess.run(install, check=True)
    return str(folder / "uv")


def compile_pins(uv: str, output: Path, arguments: list[str]) -> None:
    """Lets uv choose a version of every package, one version for all machines."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    command = [uv, "pip", "compile", "pyproject.toml", "-", "--quiet"]
    command += [f"--extra={extra}" for extra in EXTRAS]
    # `fewest` keeps one version of each package for all the Pythons, so that what is
    # tested on one is what the others run.
    command += ["--universal", "--python-version=3.11", "--fork-strategy=fewest"]
    command += ["--generate-hashes", "--only-binary=:all:", "--no-header"]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    command += [f"--output-file={output}", *arguments]
    # The build backend runs at install, so it is pinned like everything else.
    backend = "\n".join(settings["build-system"]["requires"])
    # Packages lying about on this machine must not get into everybody's file.
    environment = {k: v for k, v in os.environ.items() if k != "UV_FIND_LINKS"}
    subprocess.run(
        command, input=backend, text=True, check=True, cwd=PROJECT, env=environment
    )


def clean(text: str) -> str:
    """Returns the file that uv wrote, with our header and without addresses."""
    return HEADER + re.sub(r"^--.*\n", "", text, flags=re.MULTILINE)


def main() -> None:
    """Writes the file whole, or leaves the old one as it was."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "pinned.txt"
        if PINNED.exists():
            shutil.copy(PINNED, output)  # uv keeps these pins where they still fit
        compile_pins(find_uv(Path(folder)), output, sys.argv[1:])
        new = PINNED.with_suffix(".new")
        new.write_text(clean(output.read_text(encoding="utf-8")), encoding="utf-8")
        os.replace(new, PINNED)
    count = len(re.findall(r"^[a-z].*==", PINNED.read_text(), flags=re.MULTILINE))
    print(f"{PINNED.relative_to(PROJECT)}: {count} packages")


if __name__ == "__main__":
    main()
