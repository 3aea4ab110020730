"""The teachers' page holds what it promises: its worked example is followed literally.

The blocks of `lectures/teaching.md` are put into a copy of the project, each where its
first line says, and the page's commands are run there.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "lectures" / "teaching.md"
BLOCK = re.compile(
    r"^```(python|diff)\n# (\S+\.py)(, [^\n]*)?\n(.*?)^```$", re.M | re.S
)
COPIED = ("keras_gen", "notebooks", "pyproject.toml")
CORPORA = ("right_answers", "misconceptions")
# Once by each backend; both graders' corpora are small.
pytestmark = pytest.mark.filterwarnings("ignore")


def blocks():
    """(kind, path, where in it, text) of the page's blocks that name a file."""
    found = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return [(kind, path, where.strip(" ,"), text) for kind, path, where, text in found]


def put(folder, kind, path, where, text):
    """Does with a block what a teacher would."""
    if kind == "diff":
        replace(folder / path, text)
    elif where == "at the end":
        paths = sorted(folder.glob(path))
        assert paths, f"there is no {path}"
        for each in paths:
            each.write_text(each.read_text(encoding="utf-8") + text, encoding="utf-8")
    elif where:
        mark = re.fullmatch(r'before "(.+)"', where)[1]
        source = (folder / path).read_text(encoding="utf-8")
        before, cell, after = source.partition(f"# %% [markdown]\n# {mark}\n")
        assert cell, f"{path} has no cell {mark}"
        whole = before + text.lstrip() + "\n" + cell + after
        (folder / path).write_text(whole, encoding="utf-8")
    else:
        assert not (folder / path).exists(), f"{path} is there already"
        (folder / path).write_text(text, encoding="utf-8")


def replace(path, diff):
    """Each line of a diff that begins with - becomes the one below it."""
    source = path.read_text(encoding="utf-8")
    pairs = re.findall(r"^-(.*)\n\+(.*)\n", diff, re.M)
    assert pairs
    for old, new in pairs:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path.write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the project in which the page was followed."""
    folder = tmp_path_factory.mktemp("followed")
    skip = shutil.ignore_patterns("__pycache__", "presets", ".ipynb_checkpoints")
    for name in COPIED:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        how = {"ignore": skip} if (PROJECT / name).is_dir() else {}
        copy(PROJECT / name, folder / name, **how)
    for name in CORPORA:
        shutil.copytree(
            PROJECT / f"tests/{name}/metrics", folder / f"tests/{name}/metrics"
        )
    shutil.copy(PROJECT / "tests/test_exercises.py", folder / "tests")
    for block in blocks():
        put(folder, *block)
    return folder


def run(folder, *words):
    """What a command prints, in that folder and with its package; it must succeed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answer(kind, style):
    """A file of the worked example, as text."""
    path = f"tests/{kind}/metrics/coverage__{style}.py"
    return next(text for _, name, _, text in blocks() if name == path)


def test_points_still_sum_to_100_and_the_check_is_found(followed):
    told = run(
        followed,
        "-c",
        "from keras_gen.exercises.registry import checks_of\n"
        "checks = checks_of('metrics')\n"
        "print(sum(c.points for c in checks), [c.check for c in checks if "
        "c.name == 'coverage'])",
    )
    assert told.strip() == "100 ['share_of_balls']"


def test_commands_of_the_page_pass(followed):
    page = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"^python (-m pytest .*|notebooks/build.py)$", page, re.M)
    assert len(commands) == 2
    told = run(followed, *commands[0].split(), "-p", "no:cacheprovider")
    # Two right answers and three misconceptions; JAX tries one of four of the latter.
    assert re.search(r"[345] passed", told) and "failed" not in told
    run(followed, *commands[1].split())
    names = ("notebooks", "build/solutions")
    made = [followed / name / "08_measuring_generators.ipynb" for name in names]
    student, solution = (path.read_text(encoding="utf-8") for path in made)
    assert "def coverage(" in student and "reach = np.sort" not in student
    assert "reach = np.sort" in solution


def test_a_notebook_tells_right_from_wrong(followed):
    cells = [answer("misconceptions", "precision"), answer("right_answers", "tree")]
    asked = "\nkeras_gen.check('coverage', coverage)\n"
    told = run(followed, "-c", "import keras_gen\n" + "".join(c + asked for c in cells))
    wrong, right = told.split("coverage: ")[1:]
    assert wrong.startswith("0 of 1") and "which is precision" in wrong
    assert right.strip() == "1 of 1 checks passed."


def test_an_open_exercise_gets_ours(followed):
    told = run(
        followed,
        "-c",
        "import keras_gen, numpy as np\n"
        "def coverage(real, fake, k=5):\n    raise NotImplementedError\n"
        "coverage = keras_gen.mine_or_ours('coverage', coverage)\n"
        "points = np.random.default_rng(0).standard_normal((9, 2))\n"
        "print(coverage(points, points))",
    )
    assert told.split("\n")[-2] == "1.0"
