"""Draws the lecture's figures: `make figures`, or

    python lectures/figures/draw.py                 all of them
    python lectures/figures/draw.py rates vae_*     some

Each `fig_*.py` beside this file holds the figures of one lecture. What they show of
models comes from the presets, seeded; on another backend or machine a picture may
differ in a few grey values.
"""

import fnmatch
import importlib
import sys

from style import FIGURES, FOLDER


def load() -> dict:
    """Imports every lecture's figures, and returns all by name."""
    for path in sorted(FOLDER.glob("fig_*.py")):
        importlib.import_module(path.stem)
    return FIGURES


def main(patterns: list[str]) -> int:
    """Draws those that are asked for."""
    found = load()
    names = [
        name
        for name in sorted(found)
        if not patterns or any(fnmatch.fnmatch(name, one) for one in patterns)
    ]
    if not names:
        print(f"No figure is called {patterns}; there are {sorted(found)}.")
        return 2
    for name in names:
        for path in found[name].save(name):
            print(f"{path.name:<44}{path.stat().st_size / 1024:7.0f} kB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
