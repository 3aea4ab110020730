"""What a grade is: points, totals, no silent zero, and JSON there and back."""

import dataclasses
import json

import pytest

from keras_gen.grading.results import (
    CheckResult,
    SubmissionResult,
    from_dict,
    from_json,
)


def check(verdict="passed", points=50, backend="jax", name="Sampler", **more):
    more = {"check": "value", **more}
    return CheckResult(
        "vae", name, backend=backend, points=points, verdict=verdict, **more
    )


def result(*checks, **more):
    more = {"sets": ["vae"], "backends": ["jax"], **more}
    return SubmissionResult(
        "ada", "0" * 64, seed=3, tier="bwrap-root", versions={"keras": "3"},
        checks=checks, **more,
    )  # fmt: skip


def test_points_are_those_of_passed_checks():
    made = result(check(), check("failed"), check("died", name="VAE"))
    assert made.points("vae", "jax") == made.total == 50


def test_the_total_is_the_mean_over_backends():
    made = result(
        check(points=100),
        check("failed", 100, "tensorflow"),
        backends=["jax", "tensorflow"],
    )
    assert made.cells() == {("vae", "jax"): 100, ("vae", "tensorflow"): 0}
    assert made.total == 50


def test_the_graders_own_failure_is_no_zero():
    both = ["jax", "tensorflow"]
    failed = check("harness_error", backend="tensorflow")
    made = result(check(), failed, backends=both)
    assert made.status == "harness_error"
    assert made.cells() == {("vae", "jax"): 50, ("vae", "tensorflow"): None}
    assert made.total is None and failed.earned is None


@pytest.mark.parametrize(
    ("status", "total"), [("rejected", 0), ("missing", None), ("harness_error", None)]
)
def test_without_checks_the_status_says_what_the_total_is(status, total):
    assert result(status=status).total == total


def test_a_set_that_was_asked_for_and_has_no_check_has_no_points():
    assert result().total is None


def test_json_there_and_back():
    nasty = "\ud800 \x1b[31m ]]> \u202e"
    made = result(
        check("failed", message=nasty, picture=b"\x89PNG\xff", seconds=0.25),
        check(student_output=nasty, misconception="sd for variance"),
        skipped=[nasty],
        name=nasty,
    )
    assert from_json(made.to_json()) == made
    assert made.to_json().isascii()


def test_pictures_may_be_left_out():
    made = result(check(picture=b"png")).as_dict(pictures=False)
    assert "picture" not in made["checks"][0]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b'{"schema": 99}', b'{"schema": 1}', b"[" * 100_000],
)
def test_what_is_no_result_is_told_so(content):
    with pytest.raises(ValueError, match="result|schema"):
        from_json(content)


def test_an_unknown_verdict_or_field_is_refused():
    made = result(check()).as_dict()
    for change in ({"verdict": "great"}, {"points": float("nan")}, {"extra": 1}):
        broken = json.loads(json.dumps(made))
        broken["checks"][0] |= change
        with pytest.raises(ValueError):
            from_dict(broken)
    with pytest.raises(ValueError, match="status"):
        dataclasses.replace(result(), status="fine")
