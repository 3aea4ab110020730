"""The site: how Sphinx makes it of the lectures, the notebooks and the docstrings.

The project itself is the source folder, so an address in the site is a path in the
repository, and a link between two pages is the same on both.
"""

import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "site")]
# Docstrings are read from what is imported, and NumPy is the lightest of Keras's
# backends: the site can be built without JAX and without TensorFlow.
os.environ["KERAS_BACKEND"] = "numpy"

project = html_title = "Image generation with Keras 3"
project_copyright = "the authors of keras_gen, Apache 2.0"
language = "en"

root_doc = "lectures/index"
include_patterns = [
    "README.md",
    "lectures/*.md",
    "notebooks/*.ipynb",
    "benchmarks/README.md",
    "keras_gen/presets/**README.md",
    "site/*.md",
    "site/reference/*.md",
]
exclude_patterns = [".*", "build", "demo", "runs", "tests", "**/__pycache__"]

extensions = [
    "myst_nb",  # pages and notebooks
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "pictures",  # these are ours, beside this file
    "reference",
    "gallery",
    "offline",
]
nitpicky = True
# Other projects' names cannot be looked up without a network.
nitpick_ignore_regex = [("py:.*", r"(?!keras_gen).*")]

myst_enable_extensions = [
    "amsmath",
    "attrs_inline",
    "colon_fence",
    "deflist",
    "dollarmath",
    "html_image",
]
myst_heading_anchors = 3
nb_execution_mode = "off"  # a student's notebook has no outputs
nb_ipywidgets_js = {}  # nor widgets that would fetch their scripts

default_role = "backticks"  # of docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more
napoleon_custom_sections = [
    ("Call arguments", "params_style"),
    ("Reference", "References"),
]

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

templates_path = ["templates"]
html_theme = "furo"
pygments_style, pygments_dark_style = "a11y-light", "a11y-dark"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = "static/favicon.svg"
html_domain_indices = False
html_copy_source = html_show_sourcelink = False
html_additional_pages = {"index": "index.html"}  # leads to the start page
html_theme_options = {
    # The colours of the figures (lectures/figures/style.py).
    "light_css_variables": {
        "color-brand-primary": "#0067a5",
        "color-brand-content": "#0067a5",
    },
    "dark_css_variables": {
        "color-brand-primary": "#5cb3f0",
        "color-brand-content": "#5cb3f0",
    },
    "top_of_page_buttons": [],
}
