"""The same exercise, the set `metrics`, in other graders: peers of `grading.py`.

Both run a test of each name in the submission's own kernel, which is how they are meant
to be used.  nbgrader grades one submission after another; of otter's own command
(`otter run`, its way without Docker) as many run at a time as we have jobs.  Making the
assignment is not timed.
"""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

PACKAGES = ("nbgrader", "otter-grader", "ipykernel", "numpy", "scipy")
POINTS = 25
TESTS = {  # name -> lines that fail for a wrong answer
    "frechet_distance": """\
mean, cov = np.zeros(2), np.diag([1.0, 4.0])
got = frechet_distance(mean, cov, mean + 2, 4 * cov)
assert abs(got - 13) < 1e-2, got""",
    "inception_score": """\
assert abs(inception_score(np.eye(4)) - 4) < 1e-3
assert abs(inception_score(np.full((5, 4), 0.25)) - 1) < 1e-3""",
    "precision_recall": """\
points = np.array([[0.0], [1.0], [3.0], [6.0], [10.0]])
got = precision_recall(points, points[:2], k=1)
assert np.allclose(got, (1, 0.4)), got""",
    "psnr": """\
images = np.zeros((2, 4, 4, 3))
got = psnr(images, images + 25.5)
assert np.allclose(got, 20), got""",
}


def environment(python):
    """Its commands find each other by name."""
    return os.environ | {
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"
    }


def nbgrader(texts, jobs, python, folder):
    """Grades with nbgrader; wall seconds, and how many have full marks."""
    folder, tool = Path(folder), Path(python).with_name("nbgrader")
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")

    def cell(source, name, **marked):
        marked = {"grade": False, "solution": False, "locked": False} | marked
        marked |= {"grade_id": name, "schema_version": 3}
        return nbformat.v4.new_code_cell(source, metadata={"nbgrader": marked})

    def write(path, source):
        cells = [cell(source, "answer", solution=True)]
        for name, test in TESTS.items():
            marked = {"grade": True, "locked": True, "points": POINTS}
            cells.append(cell("import numpy as np\n" + test, f"test_{name}", **marked))
        save(path, cells)

    def run(*words):
        how = {"cwd": folder, "env": environment(python), "capture_output": True}
        done = subprocess.run([tool, *words], text=True, **how)
        if done.returncode:
            what = f"nbgrader {words[0]} has failed"
            raise RuntimeError(f"{what}: {done.stderr[-2000:]}")

    write(
        folder / "source/metrics/metrics.ipynb", "### BEGIN SOLUTION\n### END SOLUTION"
    )
    run("generate_assignment", "metrics")
    for number, text in enumerate(texts):
        write(folder / f"submitted/s{number:03}/metrics/metrics.ipynb", text)
    start = time.monotonic()
    run("autograde", "metrics")
    seconds = time.monotonic() - start
    scores = (
        "from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///gradebook.db') as book:\n"
        "    print([one.score for one in book.assignment_submissions('metrics')])"
    )
    done = subprocess.run(
        [python, "-c", scores], cwd=folder, capture_output=True, text=True, check=True
    )
    return seconds, json.loads(done.stdout).count(POINTS * len(TESTS))


def otter(texts, jobs, python, folder):
    """Grades with otter; wall seconds, and how many have full marks."""
    folder, tool = Path(folder), Path(python).with_name("otter")
    for name, test in TESTS.items():
        lines = "\n".join(f">>> {line}" for line in test.splitlines())
        suite = {"cases": [{"code": lines}], "scored": True, "type": "doctest"}
        question = {"name": name, "points": POINTS, "suites": [suite]}
        path = folder / "tests" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"OK_FORMAT = True\ntest = {question!r}\n", encoding="utf-8")
    for number, text in enumerate(texts):
        cells = ["import numpy as np\nimport otter\ngrader = otter.Notebook()", text]
        cells += [f"grader.check({name!r})" for name in TESTS]
        cells = [nbformat.v4.new_code_cell(one) for one in cells]
        save(folder / f"s{number:03}.ipynb", cells)
    how = {"cwd": folder, "env": environment(python)}
    how |= {"capture_output": True, "check": True}
    subprocess.run([tool, "generate"], **how)

    def run(number):
        name = f"s{number:03}"
        (folder / name).mkdir()
        words = [f"{name}.ipynb", "-a", "autograder.zip", "-o", name]
        subprocess.run([tool, "run", *words], **how)
        tests = json.loads((folder / name / "results.json").read_text())["tests"]
        return sum(one.get("score", 0) for one in tests)

    start = time.monotonic()
    with ThreadPoolExecutor(jobs) as threads:
        scores = list(threads.map(run, range(len(texts))))
    return time.monotonic() - start, scores.count(POINTS * len(TESTS))


def save(path, cells):
    """Writes a notebook, in a folder that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, path)
