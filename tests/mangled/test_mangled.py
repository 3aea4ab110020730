"""What course systems, editors and students do to a notebook costs no definition.

Every case makes bytes of a right answer; through intake and source the same names must
come out and do the same, or be missing and told so.
"""

import copy
import json
import random
import signal
from textwrap import indent

import pytest

from keras_gen.grading import intake, source

CELLS = [
    ("markdown", "# Metrics\n\nWrite `psnr` and `Sampler`."),
    ("code", "import math\nfrom statistics import fmean"),
    ("code", "PEAK = 255.0\nWIDTHS = (32, 64)"),
    ("code", "def mse(a, b):\n    return fmean((x - y) ** 2 for x, y in zip(a, b))"),
    ("code", "print('a cell that shows something')"),
    (
        "code",
        'def psnr(images, reconstructions, max_value=PEAK):\n    """In dB:\n\n'
        '%of nothing\n!no magic\n    """\n'
        "    error = mse(images, reconstructions)\n"
        "    return 10 * math.log10(max_value**2 / error) if error else math.inf",
    ),
    ("code", "class Base:\n    scale = 0.5"),
    (
        "code",
        "class Sampler(Base):\n    def __call__(self, mean, log_var):\n"
        "        return mean + math.exp(self.scale * log_var)",
    ),
]
NAMES = {"PEAK", "WIDTHS", "mse", "psnr", "Base", "Sampler"}
CODE = [i for i, (kind, _) in enumerate(CELLS) if kind == "code"]


def notebook(cells=CELLS, minor=5, **metadata):
    made = []
    for number, (kind, text) in enumerate(cells):
        cell = {"cell_type": kind, "metadata": {}, "source": text.splitlines(True)}
        if kind == "code":
            cell |= {"execution_count": number, "outputs": []}
        if minor == 5:
            cell["id"] = f"cell-{number}"
        made.append(cell)
    return {
        "cells": made,
        "metadata": {"kernelspec": {"name": "python3", "language": "python"}}
        | metadata,
        "nbformat": 4,
        "nbformat_minor": minor,
    }


def dumped(made, **more):
    return json.dumps(made, **more).encode()


def changed(change):
    """A notebook after `change(cells)`, which changes or returns the list."""
    made = notebook()
    made["cells"] = change(made["cells"]) or made["cells"]
    return dumped(made)


def with_cell(text, place=2, kind="code"):
    return changed(
        lambda cells: cells.insert(place, notebook([(kind, text)])["cells"][0])
    )


def edited(old, new):
    cells = [(kind, text.replace(old, new)) for kind, text in CELLS]
    assert cells != CELLS
    return dumped(notebook(cells))


def retyped(index, kind="markdown"):
    return changed(lambda cells: cells[index].update(cell_type=kind))


def shuffled(seed):
    return changed(lambda cells: random.Random(seed).shuffle(cells))


def colab():
    """As Colab writes a notebook, with its form fields and outputs."""
    made = notebook(colab={"provenance": []}, accelerator="GPU")
    for number, cell in enumerate(made["cells"]):
        cell.pop("id")
        cell["metadata"] = {"id": f"aBc{number}", "cellView": "form"}
        if cell["cell_type"] == "code":
            cell["source"] = ["#@title A form { run: 'auto' }\n", *cell["source"]]
            cell["outputs"] = [{"output_type": "stream", "text": ["x"] * 9999}]
    made["nbformat_minor"] = 0
    return dumped(made, indent=0, ensure_ascii=False)


def vs_code():
    """As VS Code writes a notebook: other spaces, sources as one string."""
    made = notebook(language_info={"name": "python", "version": "3.11.7"})
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"])
        cell["metadata"] = {"vscode": {"languageId": "python"}}
    return dumped(made, indent=1).replace(b"\n", b"\r\n")


def nbformat_3():
    made = notebook()
    cells = made.pop("cells")
    for cell in cells:
        cell["input"] = cell.pop("source")
    return dumped(made | {"nbformat": 3, "worksheets": [{"cells": cells}]})


def bare():
    """Nothing but types and sources."""
    cells = [{"cell_type": kind, "source": text} for kind, text in CELLS]
    return dumped({"cells": cells})


def nbconvert():
    parts = ["#!/usr/bin/env python\n# coding: utf-8\n"]
    for kind, text in CELLS:
        if kind == "code":
            parts.append(f"# In[ ]:\n\n\n{text}\n\n")
        else:
            parts.append("".join(f"# {line}\n" for line in text.splitlines()))
    parts.insert(2, "get_ipython().run_line_magic('matplotlib', 'inline')\n")
    parts.insert(2, "get_ipython().system('pip install keras')\n")
    return "\n".join(parts).encode()


def jupytext():
    parts = ["# ---\n# jupyter:\n#   kernelspec: {name: python3}\n# ---\n"]
    for kind, text in CELLS:
        if kind == "code":
            parts.append(f"# %%\n{text}\n")
        else:
            commented = "".join(f"# {line}\n" for line in text.splitlines())
            parts.append(f"# %% [markdown]\n{commented}")
    return "\n".join(parts).encode()


def timed_export():
    """nbconvert's export of a cell that starts with %%time."""
    text = CELLS[5][1]
    before, after = ("\n".join(t for _, t in part) for part in (CELLS[1:5], CELLS[6:]))
    call = f"get_ipython().run_cell_magic('time', '', {text + chr(10)!r})"
    return f"{before}\n{call}\n{after}\n".encode()


TRAINING = (
    "model = Sampler()\nfor epoch in range(10**9):\n    model.train_on_batch(PEAK)",
    "history = model.fit(data, epochs=10**9)",
    "while True:\n    loss = PEAK * 2",
    "import time\nfor step in range(10**9):\n    step = time.sleep(1)",
)
DOWNLOADS = (
    "path = keras.utils.get_file('x', 'http://127.0.0.1:9/x')\ndata = open(path)",
    "(x_train, _), _ = keras.datasets.mnist.load_data()\nx_train = x_train / 255.0",
    "import urllib.request\ndata = urllib.request.urlopen('http://127.0.0.1:9')",
    "import no_such_package\nx = no_such_package.make()",
    "!wget http://127.0.0.1:9/x\nfiles = !ls",
)
MAGICS = (
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2",
    "!pip install -q keras \\\n  jax",
    "%pip install keras",
    "%%bash\nrm -rf data\nexit 1",
    "%%writefile psnr.py\ndef psnr(a, b): return 0",
    "%%html\n<script>alert(1)</script>",
    "psnr?\n?psnr\npsnr??",
    "%env KERAS_BACKEND=none",
    "%tensorflow_version 2.x",
    "pip install keras",
)
BROKEN = ("def sketch(:\n    pass", "psnr(", "x = = 3", "'''", "    odd", ">>> 1\n1")
FUTURE = "from __future__ import annotations\n"

SAME = {
    "as it was": dumped(notebook()),
    **{f"nbformat 4.{minor}": dumped(notebook(minor=minor)) for minor in range(6)},
    "nbformat 3": nbformat_3(),
    "no metadata": bare(),
    "colab": colab(),
    "vs code": vs_code(),
    "BOM": b"\xef\xbb\xbf" + dumped(notebook()),
    "CRLF in sources": edited("\n", "\r\n"),
    "CR in sources": edited("\n", "\r"),
    "all doubled": dumped(notebook(CELLS + CELLS)),
    **{f"doubled {i}": dumped(notebook([*CELLS, CELLS[i]])) for i in CODE},
    **{f"shuffled {seed}": shuffled(seed) for seed in range(12)},
    "reversed": dumped(notebook(CELLS[::-1])),
    "joined": dumped(notebook([("code", "\n".join(t for k, t in CELLS[1:]))])),
    "indented": changed(lambda c: c[7].update(source=indent(CELLS[7][1], "  "))),
    "shows deleted": dumped(notebook(CELLS[:4] + CELLS[5:])),
    "text retyped as code": retyped(0, "code"),
    "raw cell": with_cell("%%latex\n\\frac", kind="raw"),
    "empty cells": with_cell("\n\n# nothing\n"),
    "timed": edited("def mse", "%%time\ndef mse"),
    "captured": edited("class Base", "%%capture\nclass Base"),
    "earlier attempts": with_cell("def psnr(a, b):\n    raise NotImplementedError", 1),
    "a future import": edited("import math", FUTURE + "import math"),
    "graded twice": with_cell("import keras_gen\nkeras_gen.check('psnr', psnr)", 8),
    "main": with_cell("if __name__ == '__main__':\n    psnr = None\n    mse = 1", 8),
    "a test": with_cell("assert psnr([1], [2]) > 90\n1 / 0", 8),
    "nbconvert.py": nbconvert(),
    "jupytext.py": jupytext(),
    "time.py": timed_export(),
    "BOM.py": b"\xef\xbb\xbf" + jupytext(),
    "CRLF.py": jupytext().replace(b"\n", b"\r\n"),
    "magic.py": jupytext().replace(b"# %%\nimport", b"%matplotlib inline\n!ls\nimport"),
    **{f"training {i}": with_cell(text, 8) for i, text in enumerate(TRAINING)},
    **{f"training first {i}": with_cell(text, 1) for i, text in enumerate(TRAINING)},
    **{f"download {i}": with_cell(text, 2) for i, text in enumerate(DOWNLOADS)},
    **{f"magic {i}": with_cell(text, 2) for i, text in enumerate(MAGICS)},
    **{f"magic beside code {i}": edited("def mse", f"{text}\ndef mse")
       for i, text in enumerate(MAGICS) if not text.startswith("%%")},
    **{f"broken {i}": with_cell(text, 2) for i, text in enumerate(BROKEN)},
    **{f"broken beside code {i}": edited("class Base", f"{text}\n\nclass Base")
       for i, text in enumerate(BROKEN[:3])},
}  # fmt: skip


def defined(name, content, folder):
    """(namespace, notes) of a submission, by the way that grading takes."""
    is_python = name.endswith(".py")
    path = folder / ("submission.py" if is_python else "submission.ipynb")
    path.write_bytes(content)
    (submission,) = intake.collect([path]).submissions
    assert not submission.problem
    namespace = {}
    notes = source.run(
        submission.cells, namespace, seconds=0.3, labels=submission.labels
    )
    return namespace, list(notes)


def answers(namespace):
    """What the definitions do, by name; None for one that is missing or broken."""

    def ask(question):
        try:
            return question()
        except (KeyError, NameError):
            return None

    n = namespace
    return {
        "PEAK": ask(lambda: n["PEAK"]),
        "WIDTHS": ask(lambda: n["WIDTHS"]),
        "mse": ask(lambda: n["mse"]([1.0, 3.0], [2.0, 5.0])),
        "psnr": ask(lambda: (n["psnr"]([1.0], [2.0]), n["psnr"].__doc__)),
        "Base": ask(lambda: n["Base"].scale),
        "Sampler": ask(lambda: n["Sampler"]()(1.0, 2.0)),
    }  # fmt: skip


RIGHT = answers(exec("\n".join(t for k, t in CELLS[1:]), space := {}) or space)
HAS_TIMER = hasattr(signal, "setitimer")


@pytest.mark.parametrize("name", SAME)
def test_the_same_names_are_defined_and_do_the_same(name, tmp_path):
    if "training" in name and not HAS_TIMER:
        pytest.skip("Windows has no timers")
    assert None not in RIGHT.values()
    namespace, _ = defined(name, SAME[name], tmp_path)
    expected = copy.copy(RIGHT)
    if name == "indented":
        assert namespace["Sampler"]()(1.0, 2.0) == RIGHT["Sampler"]
    assert answers(namespace) == expected


# What a name needs, so what is missing with it.
COSTS = {
    1: {"mse", "psnr", "Sampler"},  # imports, asked for when called
    2: {"PEAK", "WIDTHS", "psnr"},
    3: {"mse", "psnr"},
    5: {"psnr"},
    6: {"Base", "Sampler"},
    7: {"Sampler"},
}


@pytest.mark.parametrize("index", COSTS)
@pytest.mark.parametrize("how", ["deleted", "retyped", "broken", "failing"])
def test_what_is_gone_costs_itself_and_what_needs_it(index, how, tmp_path):
    content = {
        "deleted": lambda: dumped(notebook(CELLS[:index] + CELLS[index + 1 :])),
        "retyped": lambda: retyped(index),
        "broken": lambda: changed(lambda c: c[index].update(source=")(")),
        "failing": lambda: changed(lambda c: c[index].update(source="1 / 0")),
    }[how]()
    namespace, notes = defined("x", content, tmp_path)
    found = answers(namespace)
    assert {name for name, value in found.items() if value is None} == COSTS[index]
    kept = {name: value for name, value in found.items() if value is not None}
    assert kept.items() <= RIGHT.items()
    if index in (2, 6):  # what the class and the default need when they are made
        lost = "PEAK" if index == 2 else "Base"
        assert any(lost in note.reason for note in notes)


def test_a_broken_definition_is_told_by_name(tmp_path):
    content = edited("def mse(a, b):", "def mse(a, b:")
    namespace, notes = defined("x", content, tmp_path)
    assert "mse" not in namespace and ("mse",) in [note.names for note in notes]


def test_a_cell_that_never_ends_is_told(tmp_path):
    if not HAS_TIMER:
        pytest.skip("Windows has no timers")
    _, notes = defined("x", with_cell(TRAINING[2], 8), tmp_path)
    (note,) = [note for note in notes if note.kind == "timeout"]
    assert note.names == ("loss",) and note.where.startswith("code cell 8")
