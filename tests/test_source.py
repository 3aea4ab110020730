"""Cells to definitions: what runs, what does not, and what that costs."""

import inspect
import signal
import time

import pytest

from keras_gen.grading import choice, source, statements

ANSWER = ["import math", "WIDTH = 3", "def area(r):\n    return math.pi * r * WIDTH"]


def define(*cells, seconds=2.0, wanted=None):
    """(names defined, notes) of some cells."""
    namespace = {}
    notes = list(source.run(cells, namespace, seconds, wanted))
    hidden = {"__builtins__", "__name__", "__annotations__"}
    return {k: v for k, v in namespace.items() if k not in hidden}, notes


def kinds(notes):
    return [note.kind for note in notes]


# ------------------------------------------------------------------ what defines runs

DEFINING = [
    "import a_module_of_this_test as x",
    "x = 1",
    "x: int = 1",
    "x, y = 1, 2",
    "(x := 1)",
    "y = 0; x = y",
    "x = 1\nx += 1",
    "def x(): pass",
    "async def x(): pass",
    "class x: pass",
    "def f(g): return g\n@f\ndef x(): pass",
    "try:\n    import no_such_module\nexcept ImportError:\n    x = None",
    "if True:\n    x = 1\nelse:\n    y = 1",
    "with __import__('contextlib').suppress(Exception):\n    x = 1",
    "for i in range(3):\n    x = i",
    "l = []\nfor i in range(3):\n    l.append(i)\nx = l[2]",
    "def x(self): pass\nclass A: pass\nA.call = x",
    "x = {}\nx['a'] = 1",
    "x = []\nx.append(3)",
    "globals()['x'] = 1",
    "globals().update(x=1)",
    "from __future__ import annotations\ndef x(a: no_such_name): pass",
    "x = lambda model: model.fit()",
    "%%time\nx = 1",
    "# of its time\n%%capture out\nx = 1",
    "get_ipython().run_cell_magic('time', '', 'x = 1\\n')",
    "    x = 1\n    y = 2",
    "\ufeffx = 1",
    "y = '''\n%matplotlib inline\n!ls\n'''\nx = y",
    "y = (3\n% 2)\n%matplotlib inline\nx = 1",
    "if True:\n    !pip install this\n    x = 1",
    "x = 1 \\\n  + 2\n!ls \\\n  -l",
]


@pytest.fixture(autouse=True)
def a_module(monkeypatch):
    monkeypatch.setitem(source.sys.modules, "a_module_of_this_test", math := object())
    return math


@pytest.mark.parametrize("text", DEFINING)
def test_what_defines_something_runs(text):
    names, notes = define(text)
    assert "x" in names
    assert not {"failed", "timeout", "syntax"} & set(kinds(notes))


# --------------------------------------------------------------- what does not, is told

SKIPPED = [
    ("history = model.fit(data)", "trains"),
    ("model.fit(data)", "trains"),
    ("x = vae.predict(data)[0]", "trains"),
    ("for step in range(9):\n    loss = model.train_on_batch(x)\n    a = 1", "trains"),
    ("while True:\n    model.fit(x)", "trains"),
    ("path = keras.utils.get_file('a', 'http://a.b')", "elsewhere"),
    ("(a, b), c = keras.datasets.mnist.load_data()", "elsewhere"),
    ("with open('a') as f:\n    x = f.read()", "elsewhere"),
    ("fig, ax = plt.subplots()", "shows"),
    ("for i in range(9):\n    plt.subplot(i)", "shows"),
    ("print('hello')", "shows"),
    ("keras_gen.check('Sampler', Sampler)", "grading checks it"),
    ("x = keras_gen.mine_or_ours('x', x)", "takes what was written"),
    ("keras.utils.set_random_seed(3)", "defines nothing"),
    ("1 / 0", "defines nothing"),
    ("model", "defines nothing"),
    ("raise SystemExit", "defines nothing"),
    ("assert x", "defines nothing"),
    ("del x", "defines nothing"),
    ("os.environ['KERAS_' + 'BACKEND'] = 'no'", "environment"),
    ("if __name__ == '__main__':\n    x = 1", "program"),
    ("%matplotlib inline", "notebook"),
    ("!pip install keras", "notebook"),
    ("!!ls", "notebook"),
    ("x = !ls", "notebook"),
    ("x = %time 3", "notebook"),
    ("len?", "notebook"),
    ("?len", "notebook"),
    ("%%bash\nx=1\nls", "no Python"),
    ("\n# first\n%%html\n<b>", "no Python"),
    ("get_ipython().system('ls')", "elsewhere"),
    ("x = get_ipython().getoutput('ls')", "elsewhere"),
    ("get_ipython().run_line_magic('matplotlib', 'inline')", "elsewhere"),
]


@pytest.mark.parametrize(("text", "reason"), SKIPPED)
def test_what_is_skipped_is_told_with_its_reason(text, reason):
    names, notes = define(text)
    assert names == {}
    assert kinds(notes) == ["skipped"]
    assert reason in notes[0].reason
    assert notes[0].code in text


def test_a_docstring_is_nothing_to_tell():
    assert define('"""A submission."""\n# %% [markdown]\n') == ({}, [])


def test_a_note_tells_where():
    _, notes = define("a = 1", "b = 2\n\nmodel.fit(\n    b)")
    assert (notes[0].cell, notes[0].line) == (1, 3)
    assert (
        str(notes[0]) == "code cell 2, line 3: model.fit( — it trains or runs a model"
    )
    _, notes = define("a = 1\nmodel.fit()")
    assert str(notes[0]).startswith("line 2: model.fit()")


def test_of_a_block_what_defines_stays():
    names, notes = define("if True:\n    print('a')\n    x = 1\n    model.fit()")
    assert names == {"x": 1}
    assert [note.line for note in notes] == [2, 4]


# ------------------------------------------ what fails costs what it defines


def test_a_failing_statement_costs_what_it_defines():
    names, notes = define("a = 1\nb = 1 / 0\nc = 3", "d = b\ne = 5")
    assert names == {"a": 1, "c": 3, "e": 5}
    assert [note.names for note in notes] == [("b",), ("d",)]
    assert notes[0].reason == "ZeroDivisionError: division by zero"
    assert notes[1].reason.endswith("that failed (code cell 1, line 2)")


def test_what_needs_a_skipped_name_says_so():
    _, notes = define("history = model.fit()\nloss = history.history['loss']")
    assert kinds(notes) == ["skipped", "failed"]
    assert notes[1].reason.endswith("that was left out (line 1)")


ENDS = ["raise SystemExit(0)", "raise KeyboardInterrupt", "1 / 0", "raise Silent"]


@pytest.mark.parametrize("end", ENDS)
def test_no_exception_gets_out(end):
    silent = "class Silent(Exception):\n    def __str__(self): 1 / 0\n"
    names, notes = define(f"{silent}class A:\n    {end}\nx = 1")
    assert names["x"] == 1 and "A" not in names
    assert kinds(notes) == ["failed"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timers")
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "try:\n        while True: pass\n    except Exception: pass",
        "while True:\n        try:\n            x = 1\n        except ValueError: pass",
        "import time; time.sleep(1e6)",
    ],
)
def test_a_statement_that_hangs_is_interrupted(body):
    start = time.monotonic()
    handlers = [signal.getsignal(n) for n in (signal.SIGPROF, signal.SIGALRM)]
    names, notes = define(f"class A:\n    {body}\nx = 1", seconds=0.1)
    assert names == {"x": 1}
    assert kinds(notes) == ["timeout"] and notes[0].names == ("A",)
    assert time.monotonic() - start < 20
    assert handlers == [signal.getsignal(n) for n in (signal.SIGPROF, signal.SIGALRM)]
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


BROKEN = [
    "x = (",
    "def x(:\n    pass",
    "class x:\n    def f(self):\n        return )\n\n    def g(self): pass",
    "def x():\nreturn 1",
    'x = """',
    "x = 08",
    "pip install x",
    "x = 1 +\n\n",
    "@decorated(\ndef x(): pass",
    "x = '\0'",
    "x = " + "(" * 5000 + ")" * 5000,
    "x = " + "-" * 100_000 + "1",
    "\ud800",
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda text: text[:20].strip())
def test_a_syntax_error_costs_its_own_statement(broken):
    cell = f"a = 1\n{broken}\nb = '''\ntext at the margin\n'''\ndef c():\n    return 2"
    names, notes = define(cell, "d = 4")
    assert {"a", "c", "d"} <= set(names) and "x" not in names
    assert "syntax" in kinds(notes) or "skipped" in kinds(notes)
    if "'''" not in broken:
        assert names["b"] == "\ntext at the margin\n"


def test_a_syntax_error_says_what_it_costs():
    _, notes = define("import math\n\n@a\nclass Sampler(math):\n    x = (\ny = 1")
    assert notes[0].names == ("Sampler",) and notes[0].line == 3
    assert "not Python" in notes[0].reason and "line 5" in notes[0].reason


def test_definitions_are_found_by_name_wherever_they_stand():
    expected = define(*ANSWER)[0]["area"](2)
    for cells in (
        ["\n".join(ANSWER)],
        ANSWER[::-1],
        [*ANSWER, *ANSWER],
        [ANSWER[0], "def area(r):\n    return 0", *ANSWER[1:]],
    ):
        names, notes = define(*cells)
        assert notes == [] and names["area"](2) == expected


def test_the_last_definition_counts_even_when_it_had_to_wait():
    names, notes = define("A = B + 1", "A = 7", "B = 1")
    assert names["A"] == 7 and kinds(notes) == ["failed"]
    names, notes = define("class A(B): pass", "B = object")
    assert notes == [] and names["A"].__mro__[1] is object


# ----------------------------------------------------------------- what is not needed


def test_what_no_wanted_name_needs_is_not_run():
    cell = """
import math, decimal
import no_such_module
BIG, SMALL = 3, 4
def helper(x): return math.sqrt(x) * BIG
other = 1 / 0
class A:
    def call(self): return helper(4)
"""
    names, notes = define(cell, wanted={"A", "absent"})
    assert names["A"]().call() == 6
    assert [(note.kind, note.names) for note in notes] == [
        ("unneeded", ("no_such_module",)),
        ("unneeded", ("other",)),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "z = 1\n    return z",
        "return lambda z: z",
        "return [z for z in (1,)][0]",
        "def inner():\n        return z\n    z = 1\n    return inner()",
        "f.z = 1\n    return f.z",
        "from math import pi as z\n    return z",
    ],
)
def test_a_function_s_own_variables_are_not_needed(body):
    cell = f"z = 1 / 0\ndef f():\n    {body}"
    _, notes = define(cell, wanted={"f"})
    assert [(note.kind, note.names) for note in notes] == [("unneeded", ("z",))]


def test_what_a_function_takes_from_outside_is_needed():
    cell = (
        "z = 2\nbase = decorate = lambda x: x\nclass Base: pass\nz2 = 3\n"
        "@decorate\ndef f():\n    def g(x=z): return x + z\n    return g()\n"
        "class A(Base):\n    y = base(1)\n    def call(self): return [w for _ in '1']\n"
        "w = 5"
    )
    names, notes = define(cell, wanted={"f", "A"})
    assert names["f"]() == 4 and names["A"]().call() == [5]
    assert [note.names for note in notes] == [("z2",)]


def test_what_was_borrowed_does_not_take_the_place_of_what_was_written():
    cell = "def f(): return 1\nf = keras_gen.mine_or_ours('f', f)"
    names, _ = define(cell, wanted={"f"})
    assert names["f"]() == 1


def test_changes_of_what_is_wanted_are_needed():
    cell = "def f(self): return L\nclass A: pass\nA.f = f\nL = []\nL.append(2)\nM = []"
    names, notes = define(cell, wanted={"A"})
    assert names["A"]().f() == [2] and [note.names for note in notes] == [("M",)]


def test_where_names_are_looked_up_by_text_everything_runs():
    cell = "x = 3\ndef f(): return globals()['x']"
    names, notes = define(cell, wanted={"f"})
    assert names["f"]() == 3 and notes == []


def test_a_star_import_may_bring_what_is_wanted():
    names, _ = define("from math import *\nx = 1", wanted={"sqrt"})
    assert names["sqrt"](4) == 2 and "x" not in names


# -------------------------------------------------------------------------- the rest


def test_keras_can_see_the_source_of_what_was_defined():
    names, _ = define("%matplotlib inline\ndef f():\n    return 1\nx = (")
    assert inspect.getsource(names["f"]) == "def f():\n    return 1\n"


def test_a_traceback_names_cell_and_line():
    names, _ = define("a = 1", "\ndef f():\n    return 1 / 0")
    with pytest.raises(ZeroDivisionError) as caught:
        names["f"]()
    last = caught.traceback[-1]
    assert (str(last.frame.code.raw.co_filename), last.lineno) == ("<code cell 2>", 2)


def test_the_files_work_side_by_side_without_the_package(tmp_path):
    """As in the box, which has no `keras_gen`."""
    import subprocess
    import sys

    for module in (choice, source, statements):
        name = module.__name__.split(".")[-1]
        (tmp_path / f"{name}.py").write_text(inspect.getsource(module))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import source\n"
        "names = source.new_namespace()\n"
        "print(*source.run(['x = 1', 'y = z'], names), names['x'], sep='|')\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'numpy', 'keras', 'keras_gen'}, loaded\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("code cell 2, line 1: y = z — NameError")
    assert done.stdout.endswith("|1\n")
