"""`keras-gen grade`: from words of the command line to grades and reports."""

import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import secrets
import sys
from pathlib import Path

from keras_gen.arguments import GRADE_BACKENDS, SETS
from keras_gen.grading import (
    cohort,
    intake,
    pool,
    progress,
    reports,
    results,
    roster,
    self_test,
)
from keras_gen.grading.results import Settings, SubmissionResult
from keras_gen.plots.files import write_bytes

PACKAGES = ("keras", "numpy", "scipy")
UNGRADED = 3  # exit code
USAGE = 2


def grading_function():
    """The function that grades one submission."""
    return importlib.import_module("keras_gen.grading.grade").grade_one


def find_tier() -> str:
    """The box that works here."""
    return importlib.import_module("keras_gen.grading.tiers").tier()


def run(options) -> int:
    """Grade, write the reports, print a line a student.

    Args:
        options: what `keras_gen.arguments` made of the command line.

    Returns:
        The exit code: 0 all graded, 3 where the grader failed on some, 2 wrong usage.

    Raises:
        RuntimeError: where no box works in which a submission may run.
        OSError: where a file cannot be written.
    """
    if options.self_test:
        settings = _settings(options)
        jobs = options.jobs or os.cpu_count() or 1
        return 0 if self_test.run(settings, jobs) else 1
    if not options.paths:
        print("keras-gen: give a PATH to grade, or --self-test.", file=sys.stderr)
        return USAGE
    try:
        students = roster.read(options.roster) if options.roster else []
        taken = intake.collect(options.paths, students or None, options.assignment)
    except ValueError as error:
        print(f"keras-gen: {error}", file=sys.stderr)
        return USAGE
    settings = _settings(options)
    for name in taken.ignored:
        print(f"Ignored, as it is no code: {intake.safe_name(name)}", file=sys.stderr)
    found = _graded(options, taken.submissions, settings)
    for student in taken.missing:
        nothing = intake.Submission(student.id, student.name)
        found.append(results.without_checks(nothing, settings, "missing"))
    out = Path(options.output)
    reports.write(found, out, students, taken.strangers, options.title)
    return _told(found, taken.strangers, out, settings)


def _graded(options, submissions, settings: Settings) -> list[SubmissionResult]:
    shown = progress.Progress(len(submissions), sys.stderr)
    if options.scheduler:
        from keras_gen.grading import scheduler

        runner = scheduler.cluster(options.scheduler)
    else:
        jobs = min(options.jobs or os.cpu_count() or 1, max(1, len(submissions)))
        runner = pool.local(jobs, shown.started)
    try:
        return cohort.grade_all(
            submissions,
            settings,
            grading_function(),
            Path(options.output),
            runner,
            options.resume,
            shown.finished,
        )
    finally:
        shown.close()


def _settings(options) -> Settings:
    sets = SETS if not options.sets or "all" in options.sets else options.sets
    backends = options.backends or GRADE_BACKENDS
    tier = find_tier()
    if tier == "landlock" and not options.allow_landlock:
        raise RuntimeError(
            "Only a weaker box works here: install bubblewrap (apt install bubblewrap; "
            "keras-gen doctor says what is wrong with it), or accept this one by "
            f"--allow-landlock. {results.WEAKER[tier]}"
        )
    if tier == "none":
        raise RuntimeError(
            "No box works here in which a submission may run: install bubblewrap "
            "(apt install bubblewrap), or grade on Linux, in WSL2 or a virtual machine."
        )
    return Settings(
        sets=tuple(name for name in SETS if name in sets),
        backends=tuple(name for name in GRADE_BACKENDS if name in backends),
        seed=_seed(options),
        tier=tier,
        versions=_versions(backends),
    )


def _seed(options) -> int:
    """The seed asked for, that of the run to go on from, or one nobody knows."""
    path = Path(options.output) / "seed.json"
    seed = options.seed
    if seed is None and options.resume:
        try:
            seed = int(json.loads(path.read_bytes())["seed"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
    if seed is None:
        seed = secrets.randbelow(2**31)
    if options.self_test:  # what was graded here keeps its own
        return seed
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # grades are private
    write_bytes(path, json.dumps({"seed": seed}).encode() + b"\n")
    return seed


def _versions(backends) -> dict[str, str]:
    found = {"python": platform.python_version(), "checks": _checks_version()}
    for name in (*PACKAGES, *backends):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _checks_version() -> str:
    """A word that changes when the checks or the grader do."""
    digest = hashlib.sha256()
    home = Path(__file__).parent
    for folder in (home, home.parent / "exercises"):
        for path in sorted(folder.rglob("*.py")):
            if "reports" not in path.parts:
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _told(found, strangers, out: Path, settings: Settings) -> int:
    for result in sorted(found, key=lambda one: (one.id in strangers, one.id)):
        mark = " (not on the roster)" if result.id in strangers else ""
        print(progress.line(result) + mark)
    failed = sum(result.status == "harness_error" for result in found)
    print(f"Box {settings.tier}, seed {settings.seed}. Reports are in {out}.")
    if settings.tier in results.WEAKER:
        print(f"A weaker box: {results.WEAKER[settings.tier]}")
    if failed:
        print(
            f"keras-gen: {failed} of {len(found)} could not be graded, which is not "
            "their fault; --resume tries them again.",
            file=sys.stderr,
        )
    return UNGRADED if failed else 0
