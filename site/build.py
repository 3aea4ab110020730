"""Builds the site: `make site`, or

    python site/build.py                    into build/site
    python site/build.py --out FOLDER -E    elsewhere; other arguments go to Sphinx

A warning is an error. Nothing is asked of a network, neither here nor by the pages.
"""

import argparse
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Runs Sphinx and says where the site is."""
    parser = argparse.ArgumentParser(description="Build the site.")
    text = "folder (default: build/site)"
    parser.add_argument("--out", type=Path, default=PROJECT / "build/site", help=text)
    options, others = parser.parse_known_args(arguments)
    doctrees = options.out.with_name(f"{options.out.name}-doctrees")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet"]
    command += ["--conf-dir", PROJECT / "site", "--doctree-dir", doctrees]
    done = subprocess.run([*command, *others, PROJECT, options.out])
    if not done.returncode:
        print(f"The site: {options.out / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
