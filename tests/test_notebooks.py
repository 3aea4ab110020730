"""Notebooks: built from their sources, solved by their solutions, run from the top."""

import importlib.util
import json
import re
from pathlib import Path

import nbformat
import pytest

from keras_gen.exercises.registry import SETS, checks_of
from keras_gen.exercises.student import Student
from keras_gen.grading import notebooks, source
from keras_gen.grading.operations import Operations

PROJECT = Path(__file__).resolve().parent.parent


def script(name):
    """A script of `notebooks/`, as a module."""
    path = PROJECT / "notebooks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"notebooks_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build, execute = script("build"), script("execute")
SOURCES = build.sources()
each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


def student_and_solution(path):
    """The bytes of both notebooks of a source."""
    made = build.build(path)
    assert len(made) == 2
    return tuple(made.values())


# ------------------------------------------------------------------------- as committed


def test_there_are_sources():
    assert SOURCES


@each_source
def test_committed_notebooks_are_up_to_date(path):
    made = build.build(path)
    (committed,) = [out for out in made if out.parent == PROJECT / "notebooks"]
    assert committed.read_bytes() == made[committed], "run: make notebooks"


def test_no_notebook_is_without_its_source():
    names = {path.stem for path in (PROJECT / "notebooks").glob("*.ipynb")}
    assert names == {path.stem for path in SOURCES}


@each_source
def test_the_same_source_gives_the_same_bytes(path):
    assert build.build(path) == build.build(path)


@each_source
def test_notebooks_are_valid_stripped_and_have_unique_ids(path):
    for content in student_and_solution(path):
        notebook = json.loads(content)
        nbformat.validate(notebook)
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        assert notebook["metadata"]["kernelspec"]["name"] == "python3"
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code)


@each_source
def test_no_line_of_a_solution_is_in_the_students_file(path):
    student, _ = student_and_solution(path)
    shown = "".join(student.decode().replace('\\"', '"').split())
    lines = path.read_text(encoding="utf-8").splitlines()
    regions = build.regions(lines, path.name)
    assert regions
    for begin, placeholder, _ in regions:
        for line in lines[begin + 1 : placeholder]:
            words = "".join(line.split())
            # Shorter lines, and heads such as `def call(self, x):`, are everywhere.
            if len(words) >= build.SHORT and not build.HEAD.match(line.strip()):
                assert words not in shown, line


@each_source
def test_first_cells_are_as_keras_users_expect(path):
    student, _ = student_and_solution(path)
    title, install, setup, *_ = json.loads(student)["cells"]
    number = path.stem.split("_")[0]
    assert title["source"][0].startswith(f"# {int(number)}. ")
    assert f"/notebooks/{path.stem}.ipynb" in "".join(title["source"])
    assert "%pip install" in "".join(install["source"])
    text = "".join(setup["source"])
    order = ['setdefault("KERAS_BACKEND"', "import keras\n", "set_random_seed"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)


# ---------------------------------------------------------------------- run, and graded


@each_source
def test_runs_from_a_clean_kernel(path, tmp_path, backend):
    """On one backend the solution, on the other the student's; they take turns."""
    is_even = int(path.stem[:2]) % 2 == 0
    which = "solution" if is_even == (backend == "tensorflow") else "student"
    content = student_and_solution(path)[which == "solution"]
    notebook = tmp_path / f"{path.stem}.ipynb"
    notebook.write_bytes(content)
    made = execute.execute(notebook, KERAS_BACKEND=backend, COURSE_BUDGET="quick")
    printed = "".join(
        output.get("text", "")
        for cell in made.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("name") == "stdout"
    )
    names = re.findall(r"^(\w+): ours is used, as yours is not written", printed, re.M)
    used = re.findall(r"^(\w+): yours is used\.$", printed, re.M)
    exercises = asked_for(path)
    assert names == ([] if which == "solution" else exercises)
    assert used == (exercises if which == "solution" else [])


def asked_for(path):
    """Names that a notebook checks, in its order."""
    return re.findall(r'keras_gen\.check\("(\w+)"', path.read_text(encoding="utf-8"))


@each_source
def test_every_check_is_followed_by_a_way_on(path):
    text = path.read_text(encoding="utf-8")
    way_on = r'^(\w+) = keras_gen\.mine_or_ours\(\s*"\1", \1\s*\)'
    assert re.findall(way_on, text, re.M) == asked_for(path)


@each_source
@pytest.mark.filterwarnings("ignore")
def test_solutions_pass_their_checks(path):
    """As a submission: what needs the package is not there, as in the grader's box."""
    _, solution = student_and_solution(path)
    cells = notebooks.cells_of(f"{path.stem}.ipynb", solution)
    namespace = source.new_namespace(f"solutions_{path.stem}")
    asked = asked_for(path)
    notes = list(source.run(cells, namespace, wanted=set(asked)))
    wrong = [note for note in notes if note.kind not in ("skipped", "unneeded")]
    assert not wrong, "\n".join(map(str, wrong))
    assert "keras_gen" not in namespace
    work = Operations(namespace)
    student = Student(lambda head, arrays, _: work.answer(head, arrays), namespace)
    checks = [c for set in SETS for c in checks_of(set) if c.defined in asked]
    assert {check.defined for check in checks} == set(asked)
    for check in checks:
        check.function(student, check.rng(7))
        student.forget()


def test_all_exercises_of_a_begun_set_are_asked_for():
    asked = [name for path in SOURCES for name in asked_for(path)]
    assert len(set(asked)) == len(asked), "an exercise stands in two notebooks"
    for name in SETS:
        names = {check.defined for check in checks_of(name)}
        assert names <= set(asked) or not names & set(asked), names - set(asked)


# ---------------------------------------------------------------------- bad sources

GOOD = '''# %% [markdown]
# # 1. Title

# %%
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x + 0 * sum([x, x])
    ### END SOLUTION


# %%
### BEGIN SOLUTION
answer = double(21) * double(0.5) + 0
print(answer)
### PLACEHOLDER
# # Your code here.
# answer = 42
### END SOLUTION
'''


def cells(path):
    """The source of the cells of both notebooks."""
    return [
        ["".join(cell["source"]) for cell in json.loads(content)["cells"]]
        for content in student_and_solution(path)
    ]


@pytest.fixture
def written(tmp_path):
    """A function that writes a source."""

    def write(text):
        path = tmp_path / "01_title.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_region_is_kept_or_replaced(written):
    student, solution = cells(written(GOOD))
    assert student[2] == (
        'def double(x):\n    """Twice x."""\n'
        "    # Your code here (ours has 1 line).\n    raise NotImplementedError"
    )
    assert student[3] == "# Your code here.\nanswer = 42"
    assert solution[2].endswith('"""\n    return 2 * x + 0 * sum([x, x])')
    assert solution[3] == "answer = double(21) * double(0.5) + 0\nprint(answer)"


def test_ids_stay_when_a_cell_comes_in_between(written):
    def ids(text):
        student, _ = student_and_solution(written(text))
        return [cell["id"] for cell in json.loads(student)["cells"]]

    before = ids(GOOD)
    after = ids(
        GOOD.replace("\n# %%\n###", "\n# %%\nx = 1\n\n# %%\nx = 1\n\n# %%\n###")
    )
    assert len(after) == len(before) + 2 == len(set(after))
    assert set(before) < set(after)


BAD = [
    (
        GOOD.replace("    ### END SOLUTION\n", "", 1),
        "line 7: this solution does not end in its cell",
    ),
    (
        GOOD.replace("    ### BEGIN SOLUTION\n", "", 1),
        "line 8: '### END SOLUTION' without '### BEGIN SOLUTION'",
    ),
    (
        GOOD.replace("    ### END", "    ### BEGIN", 1),
        "line 9: a solution begins within the one that began in line 7",
    ),
    (
        GOOD.replace("### PLACEHOLDER\n# # Your code here.\n# answer = 42\n", ""),
        "line 13: a solution outside of a function needs a '### PLACEHOLDER'",
    ),
    (
        GOOD.replace("# answer = 42", "answer = 42"),
        "line 18: a placeholder is commented out",
    ),
    (
        GOOD.replace("# answer = 42", "# answer = = 42"),
        "line 13: the student's cell is no Python",
    ),
    (GOOD.replace("### END", "### End", 1), "'### End SOLUTION' is none of"),
    (
        GOOD.replace("Title\n", "Title\n#\n# It is `2 * x + 0*sum([x, x])`.\n"),
        "line 10: this line of a solution is also in the student's notebook",
    ),
    (
        GOOD.replace("# answer = 42", "# answer = double(21) * double(0.5) + 0"),
        "line 14: this line of a solution is also in the student's notebook",
    ),
]


@pytest.mark.parametrize(("text", "told"), BAD, ids=[told for _, told in BAD])
def test_a_fault_of_a_source_is_told_with_its_line(written, text, told):
    assert text != GOOD
    path = written(text)
    with pytest.raises(build.SourceError) as error:
        build.build(path)
    assert told in str(error.value)
    assert str(error.value).startswith(f"{path.parent.name}/01_title.py, line ")
    assert str(error.value).count("\n") == 0


def test_a_fault_ends_the_build_before_anything_is_written(
    written, monkeypatch, tmp_path, capsys
):
    written(GOOD.replace("### END", "### End", 1))
    monkeypatch.setattr(build, "sources", lambda: [tmp_path / "01_title.py"])
    monkeypatch.setattr(build, "HOME", tmp_path / "out")
    assert build.main() == 1
    assert "is none of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_failing_notebook_is_told(written, tmp_path, capsys, monkeypatch, backend):
    monkeypatch.setenv("BACKENDS", backend)
    monkeypatch.setattr(execute, "EXECUTED", tmp_path / "executed")
    path = tmp_path / "bad.ipynb"
    path.write_bytes(build.notebook("# %% [markdown]\n# # 1. A\n\n# %%\n1 / 0", "bad"))
    assert execute.main([str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_budget_is_full_or_quick(monkeypatch):
    import keras_gen

    monkeypatch.delenv("COURSE_BUDGET", raising=False)
    assert keras_gen.budget(30, quick=2) == 30
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    assert keras_gen.budget(30, quick=2) == 2
    monkeypatch.setenv("COURSE_BUDGET", "hasty")
    with pytest.raises(ValueError, match="must be full or quick; got 'hasty'"):
        keras_gen.budget(30)
