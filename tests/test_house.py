"""The house keeps itself: each rule of the design reads the source and names breaches.

A rule takes `{path: text}` and returns its violations, one line each.  `BREACHES`
below holds a small bad source for every rule, so no rule can pass by seeing nothing.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent

# Arrows point one way: a room imports from rooms before its own line only.
STOREYS = (
    ("backend", "checks", "latents", "ranges", "shelf", "half_precision"),
    ("arguments", "data", "text", "quick_layers"),
    ("feeding", "optimizers"),
    ("labels",),
    ("autoencoders", "diffusion", "gans"),
    ("metrics", "plots"),
    ("training", "distribution"),
    ("presets", "cards"),
    ("building",),
    ("recipes", "evaluation", "exercises"),
    ("grading",),
    ("runs", "demo", "doctor", "course"),
    ("shipping", "cli_drawing"),
    ("playground",),
    ("cli",),
)
STOREY = {room: level for level, rooms in enumerate(STOREYS) for room in rooms}
BACKENDS = {"jax", "jaxlib", "tensorflow", "tensorflow_text", "torch"}
HEAVY = BACKENDS | {
    "keras",
    "keras_hub",
    "sklearn",
    "scipy",
    "matplotlib",
    "PIL",
    "gradio",
}
KNOWS_BACKENDS = ("keras_gen/backend.py",)
MAY_ASK_BACKEND = (*KNOWS_BACKENDS, "keras_gen/doctor.py", "keras_gen/cli.py")
# Those ask whether Keras is to be imported at all.
MAY_ASK_BACKEND += ("keras_gen/grading/worker.py", "keras_gen/grading/forks.py")
LINES, LINES_BUDGET, FUNCTION_LINES = 400, 250, 60
# Spelt with brackets, so that this file does not accuse itself.
FOREIGN = re.compile(
    r"/[w]ork/|/[r]oot/|/[t]mp/|/[h]ome/\w|[p]ypi\.org|[p]ythonhosted|[n]pmjs\.org"
)


def tracked_files() -> list[str]:
    """Paths of what is, or will be, in the repository."""
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(git, cwd=PROJECT, capture_output=True, text=True, check=True)
    return [path for path in done.stdout.splitlines() if (PROJECT / path).is_file()]


def read(paths) -> dict[str, str]:
    """Texts by path, of those files that are text."""
    texts = {}
    for path in paths:
        try:
            texts[path] = (PROJECT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return texts


def library(sources):
    """(path, syntax tree) of the library's modules among the sources."""
    for path, text in sources.items():
        if path.startswith("keras_gen/") and path.endswith(".py"):
            yield path, ast.parse(text)


def imports(tree):
    """(line, module) of every import; `from a import b` counts as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{a.name}") for a in node.names)


def dotted(node) -> str:
    """`keras.layers.Layer` of the node that says so; "" for anything else."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def imports_point_down(sources):
    """Nothing imports upwards, and no room imports its neighbour."""
    for path, tree in library(sources):
        room = path.split("/")[1].removesuffix(".py")
        if room == "__init__":
            continue
        if room not in STOREY:
            yield f"{path}: give the room '{room}' its place in STOREYS"
            continue
        for line, module in imports(tree):
            if module.startswith("."):
                yield f"{path}:{line}: relative import; write keras_gen.…"
            if not module.startswith("keras_gen."):
                continue
            other = module.split(".")[1]
            if other != room and not STOREY.get(other, 99) < STOREY[room]:
                yield f"{path}:{line}: {room} must not import {module}"


def only_backend_imports_backends(sources):
    """JAX, TensorFlow and PyTorch are imported in `backend.py` alone."""
    for path, tree in library(sources):
        if path in KNOWS_BACKENDS:
            continue
        found = list(imports(tree))
        found += [
            (node.lineno, node.args[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and dotted(node.func).endswith(("import_module", "__import__"))
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ]
        for line, module in found:
            if module.split(".")[0] in BACKENDS:
                yield f"{path}:{line}: {module}; only backend.py imports a backend"


def only_backend_asks_which(sources):
    """No code but `backend.py`, `doctor.py` and `cli.py` branches on the backend.

    To print or to write down which one runs is no branch.
    """

    def asks(node):
        return isinstance(node, ast.Call) and dotted(node.func).endswith(".backend")

    branches = ast.Compare | ast.Subscript | ast.Match
    for path, tree in library(sources):
        if path in MAY_ASK_BACKEND:
            continue
        nodes = list(ast.walk(tree))
        kept = [n for n in nodes if isinstance(n, ast.Assign) and asks(n.value)]
        names = {dotted(target) for node in kept for target in node.targets}
        for node in nodes:
            if isinstance(node, branches):
                if any(asks(n) or dotted(n) in names - {""} for n in ast.walk(node)):
                    yield f"{path}:{node.lineno}: branches on the backend"
            if isinstance(node, ast.Constant) and node.value == "KERAS_BACKEND":
                yield f"{path}:{node.lineno}: reads KERAS_BACKEND"


def no_private_keras(sources):
    """`keras.src` is Keras's own business, in the library and everywhere else."""
    for path, text in sources.items():
        if not path.endswith(".py"):
            continue
        tree = ast.parse(text)
        found = list(imports(tree))
        found += [
            (node.lineno, dotted(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
        ]
        for line, name in found:
            if re.match(r"keras(_hub)?\.src\b", name):
                yield f"{path}:{line}: {name}"


def public_names_have_docstrings(sources):
    """Every module and every public class and function says what it is.

    A check of an exercise says it to the student, in its decorator.
    """
    kinds = ast.FunctionDef | ast.ClassDef
    for path, tree in library(sources):
        if not ast.get_docstring(tree):
            yield f"{path}:1: the module has no docstring"
        for node in tree.body:
            if not isinstance(node, kinds) or node.name.startswith("_"):
                continue
            if "exercises/" in path and any(
                isinstance(one, ast.Call) and dotted(one.func) == "check"
                for one in node.decorator_list
            ):
                continue
            if not ast.get_docstring(node):
                yield f"{path}:{node.lineno}: {node.name} has no docstring"


def saved_classes_can_load(sources):
    """A Model or Layer is registered, and its `get_config` knows its arguments.

    A private one is never stored, nor is what a grader's worker looks with.
    """
    classes = [
        (path, node)
        for path, tree in library(sources)
        if "grading/probes_" not in path
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    ours = {}  # a base may be a class of ours: go on until no more are found
    for _ in classes:
        for path, node in classes:
            bases = [dotted(base).split(".")[-1] for base in node.bases]
            if any(b in ours or re.search("(Model|Layer|Wrapper)$", b) for b in bases):
                ours[node.name] = (path, node)
    for name, (path, node) in ours.items():
        if name.startswith("_"):
            continue
        methods = {f.name for f in node.body if isinstance(f, ast.FunctionDef)}
        if not any("register" in ast.unparse(d) for d in node.decorator_list):
            yield f"{path}:{node.lineno}: {name} is not registered"
        if "__init__" in methods and "get_config" not in methods:
            yield f"{path}:{node.lineno}: {name} has no get_config"


def modules_are_short(sources):
    """A module is one idea: 250 lines is the budget, 400 the end.

    `backend.py` may have 500: what knows the backends must not be divided.
    """
    counts = {path: sources[path].count("\n") for path, _ in library(sources)}
    over = [f"{path} {n}" for path, n in counts.items() if n > LINES_BUDGET]
    for path, count in counts.items():
        if count > LINES + 100 * (path in KNOWS_BACKENDS):
            budget = ", ".join(over)
            yield f"{path}: {count} lines (over {LINES_BUDGET}: {budget})"


def functions_are_short(sources):
    """A function fits on a screen, its docstring not counted."""
    for path, tree in library(sources):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                first = node.body[0]
                is_text = ast.get_docstring(node) is not None
                skipped = first.end_lineno - first.lineno + 1 if is_text else 0
                count = node.end_lineno - node.lineno + 1 - skipped
                if count > FUNCTION_LINES:
                    yield f"{path}:{node.lineno}: {node.name} has {count} lines"


def no_foreign_addresses(sources):
    """What is committed names no machine's path and no registry's host."""
    for path, text in sources.items():
        for number, line in enumerate(text.splitlines(), 1):
            for found in FOREIGN.findall(line):
                yield f"{path}:{number}: {found}"


def lectures_are_complete(sources):
    """A lecture's page has a notebook to try it in, which is there."""
    for path, text in sources.items():
        if not re.fullmatch(r"lectures/(?!00)\d\d_\w+\.md", path):
            continue
        found = re.findall(r"\.\./(notebooks/[\w.]+)", text)
        for needed in found or [path.replace("lectures", "notebooks")]:
            if needed not in sources:
                yield f"{path}: {needed} is missing"


LIBRARY = "keras_gen/data/x.py"
BREACHES = [
    (imports_point_down, {LIBRARY: "from keras_gen.diffusion import unet"}),
    (imports_point_down, {LIBRARY: "def f():\n    from keras_gen import plots"}),
    (imports_point_down, {LIBRARY: "from keras_gen import flowers"}),
    (imports_point_down, {LIBRARY: "from keras_gen.text import roberta"}),
    (imports_point_down, {LIBRARY: "from .. import cli"}),
    (imports_point_down, {"keras_gen/attic.py": ""}),
    (imports_point_down, {"keras_gen/gans/x.py": "import keras_gen.diffusion.unet"}),
    (only_backend_imports_backends, {LIBRARY: "def f():\n    import jax.numpy"}),
    (only_backend_imports_backends, {LIBRARY: "from tensorflow import io"}),
    (only_backend_imports_backends, {LIBRARY: "import_module('torch.nn')"}),
    (only_backend_asks_which, {LIBRARY: "if keras.backend.backend() == 'jax': pass"}),
    (
        only_backend_asks_which,
        {LIBRARY: "b = keras.config.backend()\nif b == 'jax': pass"},
    ),
    (only_backend_asks_which, {LIBRARY: "{'jax': 1}[keras.backend.backend()]"}),
    (only_backend_asks_which, {LIBRARY: "os.environ['KERAS_BACKEND']"}),
    (no_private_keras, {"tests/x.py": "from keras.src import ops"}),
    (no_private_keras, {"tests/x.py": "keras_hub.src.utils.f()"}),
    (public_names_have_docstrings, {LIBRARY: "x = 1"}),
    (public_names_have_docstrings, {LIBRARY: '"""X."""\ndef f(): pass'}),
    (public_names_have_docstrings, {LIBRARY: '"""X."""\nclass C: pass'}),
    (saved_classes_can_load, {LIBRARY: "class C(keras.layers.Layer): pass"}),
    (
        saved_classes_can_load,
        {LIBRARY: "@register\nclass C(Model):\n  def __init__(self, n): pass"},
    ),
    (
        saved_classes_can_load,
        {LIBRARY: "class D(C): pass\n@register\nclass C(Model): pass"},
    ),
    (modules_are_short, {LIBRARY: "x = 1\n" * 401}),
    (functions_are_short, {LIBRARY: "def f():\n" + "    x = 1\n" * 60}),
    (no_foreign_addresses, {"README.md": "cd /" + "work/main"}),
    (no_foreign_addresses, {"a.txt": "--index-url https://" + "pypi" + ".org/simple"}),
    (lectures_are_complete, {"lectures/02_vae.md": ""}),
    (lectures_are_complete, {"lectures/02_vae.md": "[x](../notebooks/02_vae.ipynb)"}),
]
RULES = sorted({rule for rule, _ in BREACHES}, key=lambda rule: rule.__name__)


@pytest.fixture(scope="module")
def sources():
    """The text files of the repository."""
    return read(tracked_files())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_keeps_rule(rule, sources):
    violations = list(rule(sources))
    assert not violations, f"{rule.__doc__}\n" + "\n".join(violations)


@pytest.mark.parametrize(("rule", "bad"), BREACHES)
def test_rule_sees_breach(rule, bad):
    assert list(rule(bad))


def test_rules_accept_good_code():
    good = '''"""X."""
from keras_gen import backend
from keras_gen.data import digits

@register
class C(keras.Model):
    """C."""
    def __init__(self): pass
    def get_config(self): return {"name": keras.backend.backend()}
'''
    sources = {"keras_gen/diffusion/x.py": good, "lectures/notation.md": ""}
    assert [v for rule in RULES for v in rule(sources)] == []


def run_python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_import_loads_nothing_heavy():
    loaded = run_python("import sys, keras_gen; print(*sys.modules)").split()
    assert HEAVY & set(loaded) == set()


@pytest.mark.parametrize(("chosen", "found"), [("", "1"), ("0", "0")])
def test_import_turns_on_the_quick_kernels_unless_the_user_chose(chosen, found):
    code = (
        "import os, sys\nname, chosen = 'TF_ENABLE_ONEDNN_OPTS', sys.argv[1]\n"
        "os.environ.pop(name, None)\nif chosen: os.environ[name] = chosen\n"
        "import keras_gen\nprint(os.environ[name])"
    )
    assert run_python(code, chosen).strip() == found


def test_help_answers_in_half_a_second():
    help_and_modules = (
        "import sys\nfrom keras_gen.cli import main\n"
        "try: main()\nexcept SystemExit as stop: assert not stop.code\n"
        "print(*sys.modules)"
    )
    seconds = []
    for _ in range(3):
        start = os.times()
        printed = run_python(help_and_modules, "--help")
        end = os.times()  # the child's own time: other work may fill the machine
        seconds.append(
            end.children_user
            + end.children_system
            - (start.children_user + start.children_system)
        )
    assert "usage" in printed.lower()
    assert HEAVY & set(printed.splitlines()[-1].split()) == set()
    assert min(seconds) < 0.5
