"""A cohort is graded whole, whatever dies; what is finished is never lost."""

import errno
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from keras_gen.grading import cohort, pool, progress, results
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import Settings

# A grading function that a fresh process can import.
FAKE = '''
import os, time
from pathlib import Path
from keras_gen.grading.results import CheckResult, SubmissionResult

def grade(submission, settings):
    """Does what the submission's only cell says, and leaves a mark of each call."""
    folder = Path(settings.options["folder"])
    word = submission.cells[0]
    calls = len(list(folder.glob(submission.id + ".*")))
    (folder / f"{submission.id}.{calls}").touch()
    if word == "crash" or (word == "crash once" and calls == 0):
        os._exit(3)
    if word == "raise":
        raise OSError("no box")
    if word == "odd":
        return "100 points"
    if word == "slow":
        time.sleep(60)
    if word.startswith("sleep"):
        time.sleep(float(word.split()[1]))
    verdict = "passed" if word == "good" else "failed"
    if word == "ours" or (word == "ours once" and calls == 0):
        verdict = "harness_error"
    checks = [
        CheckResult(s, "Sampler", c, b, 50, verdict, seconds=time.time() % 1)
        for s in settings.sets for b in settings.backends for c in ("b", "a")
    ]
    return SubmissionResult(
        submission.id, submission.sha256, settings.sets, settings.backends,
        settings.seed, settings.tier, settings.versions, checks, files=submission.files,
    )
'''


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """(grade, settings): a grading function and where it leaves its marks."""
    (tmp_path / "fake_grading_of_test.py").write_text(FAKE)
    (tmp_path / "marks").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("fake_grading_of_test", None)
    import fake_grading_of_test

    options = {"folder": str(tmp_path / "marks")}
    settings = Settings(("vae",), ("jax",), 3, "none", {"keras": "3"}, options)
    return fake_grading_of_test.grade, settings


def submissions(**words):
    return [
        Submission(
            name, files=(f"{name}.py",), sha256=word, cells=(word,), labels=("",)
        )
        for name, word in words.items()
    ]


def run(fake, tmp_path, handed_in, jobs=1, runner=None, **more):
    grade, settings = fake
    runner = runner or pool.local(jobs)
    out = tmp_path / "out"
    return cohort.grade_all(handed_in, settings, grade, out, runner, **more)


def calls(tmp_path, name):
    return len(list((tmp_path / "marks").glob(f"{name}.*")))


def here(submissions, settings, grade):
    """A runner without processes, for what does not need them."""
    for submission in submissions:
        try:
            yield submission, grade(submission, settings)
        except Exception as error:
            yield submission, error


def without_times(found):
    made = [result.as_dict() for result in found]
    for result in made:
        for check in result["checks"]:
            check["seconds"] = 0
    return made


def test_a_process_that_dies_costs_nobody_else_anything(fake, tmp_path):
    words = {
        "ada": "good", "bob": "crash", "cy": "crash once", "dan": "bad",
        "eve": "raise", "fay": "ours", "gil": "ours once", "hal": "odd",
    }  # fmt: skip
    found = run(fake, tmp_path, submissions(**words), jobs=2)
    status = {result.id: (result.status, result.total) for result in found}
    assert status == {
        "ada": ("graded", 100),
        "bob": ("harness_error", None),
        "cy": ("graded", 0),
        "dan": ("graded", 0),
        "eve": ("harness_error", None),
        "fay": ("harness_error", None),
        "gil": ("graded", 0),
        "hal": ("harness_error", None),
    }
    counts = {name: calls(tmp_path, name) for name in words}
    assert counts == {
        "ada": 1, "bob": 2, "cy": 2, "dan": 1, "eve": 2, "fay": 2, "gil": 2, "hal": 2,
    }  # fmt: skip
    messages = {result.id: result.message for result in found}
    assert "exit code 3" in messages["bob"] and "no box" in messages["eve"]
    for result in found:
        path = cohort.path_of(tmp_path / "out", result.id)
        assert results.from_json(path.read_bytes()) == result


def test_order_and_jobs_do_not_change_a_grade(fake, tmp_path):
    handed_in = submissions(**{f"s{i}": "good" if i % 3 else "bad" for i in range(6)})
    one = without_times(run(fake, tmp_path, handed_in, jobs=1))
    two = without_times(run(fake, tmp_path, handed_in[::-1], jobs=3))
    assert one == two
    assert [check["check"] for check in one[0]["checks"]] == ["a", "b"]


def test_what_is_rejected_is_not_graded_but_has_its_result(fake, tmp_path):
    one = Submission("ada", problem="It is a link.", files=("ada.py",))
    (found,) = run(fake, tmp_path, [one], runner=here)
    assert (found.status, found.message, found.total) == (
        "rejected",
        "It is a link.",
        0,
    )
    assert calls(tmp_path, "ada") == 0
    assert cohort.path_of(tmp_path / "out", "ada").exists()


def test_resume_grades_what_changed_and_nothing_else(fake, tmp_path):
    grade, settings = fake
    handed_in = submissions(ada="good", bob="bad", cy="ours")
    run(fake, tmp_path, handed_in, runner=here)
    before = {name: calls(tmp_path, name) for name in ("ada", "bob", "cy")}
    assert before == {"ada": 1, "bob": 1, "cy": 2}
    cohort.path_of(tmp_path / "out", "bob").write_bytes(b"{")  # half a file
    told = []
    more = {"resume": True, "told": lambda result, new: told.append((result.id, new))}
    run(fake, tmp_path, handed_in, runner=here, **more)
    assert sorted(told) == [("ada", False), ("bob", True), ("cy", True)]
    changes = [
        {"sets": ("gan",)},
        {"backends": ("tensorflow",)},
        {"seed": 4},
        {"versions": {"keras": "4"}},
    ]
    for change in changes:
        told.clear()
        other = Settings(**(vars(settings) | change))
        run((grade, other), tmp_path, handed_in[:1], runner=here, **more)
        assert told == [("ada", True)], change
    told.clear()
    run((grade, other), tmp_path, submissions(ada="other"), runner=here, **more)
    assert told == [("ada", True)]
    told.clear()
    run((grade, other), tmp_path, submissions(ada="other"), runner=here)
    assert told == [] and calls(tmp_path, "ada") == 7


def test_a_full_disk_is_one_sentence_and_loses_nothing(fake, tmp_path, monkeypatch):
    write = Path.write_bytes
    written = []

    def full(path, content):
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    handed_in = submissions(ada="good", bob="good", cy="good")
    with pytest.raises(OSError, match="Cannot write .*cy.json.*: No space left"):
        run(fake, tmp_path, handed_in, jobs=1)
    left = sorted(path.name for path in (tmp_path / "out" / "results").iterdir())
    assert left == ["ada.json", "bob.json"]


def alive(marker):
    """Processes whose command line or environment names `marker`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if state != "Z" and marker.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


SCRIPT = """
import signal
import sys
# What a shell starts in the background ignores Ctrl-C, and all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {folder!r})
from fake_grading_of_test import grade
from keras_gen.grading import cohort, pool
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import Settings

if __name__ == "__main__":
    settings = Settings(("vae",), ("jax",), 3, "none", {{}}, {{"folder": {marks!r}}})
    words = {{"ada": "good", "bob": "slow", "cy": "slow"}}
    handed_in = [
        Submission(n, sha256=w, cells=(w,), labels=("",)) for n, w in words.items()
    ]
    try:
        cohort.grade_all(handed_in, settings, grade, {out!r}, pool.local(2))
    except KeyboardInterrupt:
        sys.exit(9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc of Linux")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_loses_nothing_and_leaves_no_process(number, fake, tmp_path):
    out, marks = tmp_path / "out", tmp_path / "marks"
    script = tmp_path / "run.py"
    names = {"folder": str(tmp_path), "marks": str(marks), "out": str(out)}
    script.write_text(textwrap.dedent(SCRIPT.format(**names)))
    root = str(Path(cohort.__file__).parents[2])
    marker = f"cohort-test-{os.getpid()}-{number}"
    environment = os.environ | {"PYTHONPATH": root, "MARKER": marker}
    command = [sys.executable, str(script)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        finished = cohort.path_of(out, "ada")
        waited = time.monotonic() + 60
        while not (finished.exists() and (marks / "cy.0").exists()):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < waited
            time.sleep(0.05)
        process.send_signal(number)
        code = process.wait(30)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert code == (-9 if number == signal.SIGKILL else 9)
    assert results.from_json(finished.read_bytes()).total == 100
    assert [path.name for path in finished.parent.iterdir()] == ["ada.json"]
    waited = time.monotonic() + 20
    while alive(marker) and time.monotonic() < waited:
        time.sleep(0.05)
    assert alive(marker) == []


# --------------------------------------------------------------------------- progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_with_names_and_the_time_left():
    stream, now = Terminal(), [0.0]
    shown = progress.Progress(3, stream, lambda: now[0])
    one, two = submissions(ada="x", **{"b\x1b[2J": "y"})
    shown.started(one)
    shown.started(two)
    now[0] = 100.0
    shown.finished(results.without_checks(one, Settings(("vae",), ("jax",)), "missing"))
    last = stream.getvalue().split("\r\x1b[K")[-1]
    assert "1/3" in last and "3 min left" in last and "b\\x1b[2J" in last
    assert "ada" not in last and "\x1b" not in last
    shown.close()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_without_a_terminal_there_is_a_line_each():
    stream = io.StringIO()
    shown = progress.Progress(2, stream)
    (one,) = submissions(ada="x")
    shown.started(one)
    result = results.without_checks(
        one, Settings(("vae",), ("jax",)), "rejected", "a\nb"
    )
    shown.finished(result, is_new=False)
    assert stream.getvalue() == "1/2 ada: rejected: a b (kept)\n"


# ---------------------------------------------------------------------------- cluster


def test_without_dask_it_says_what_to_install(monkeypatch):
    from keras_gen.grading import scheduler

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"keras-gen\[grade-cluster\]"):
        scheduler.cluster("tcp://127.0.0.1:1")
