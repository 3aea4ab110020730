"""All that a page loads lies beside it: MathJax comes from a wheel, not from a host."""

import shutil
from importlib.metadata import distribution
from pathlib import Path

WHEEL = "sphinx-mathjax-offline"
SCRIPT = "tex-chtml.js"
NEEDED = ("output/chtml", "input/tex/extensions", "a11y", "sre")  # by that script


def copy_mathjax(app, failure):
    """Copies the parts of MathJax that formulas in TeX, shown as HTML, may load."""
    if failure or app.builder.format != "html":
        return
    mathjax = Path(distribution(WHEEL).locate_file(f"{WHEEL}/static/mathjax"))
    to = Path(app.outdir, "_static", "mathjax")
    for folder in NEEDED:
        shutil.copytree(mathjax / folder, to / folder, dirs_exist_ok=True)
    shutil.copy(mathjax / SCRIPT, to)


def setup(app):
    """Tells Sphinx where MathJax will lie."""
    app.config.mathjax_path = f"mathjax/{SCRIPT}"
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
