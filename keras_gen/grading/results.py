"""What a grade is: the settings, the result of a check, the result of a submission.

Nothing but the standard library, so that every part of the grader may import it.
"""

import base64
import dataclasses
import json
import math
from collections.abc import Sequence

SCHEMA = 1
VERDICTS = (
    "passed",
    "failed",
    "missing",
    "error",
    "timeout",
    "memory",
    "output",
    "died",
    "protocol",
    "rejected",
    "harness_error",
)
# What a box that grades on demand does not keep from a submission.
WEAKER = {
    "landlock": "Landlock instead of bubblewrap. A submission can ask which files "
    "exist (not what is in them), sees the name of the machine, and shares its disk: "
    "files that it has deleted but still holds, up to 8 GiB, are counted by nobody. "
    "Run by an ordinary user it is the same user, so one hole in the kernel opens all "
    "that is yours."
}
# `missing`: a student of the roster from whom nothing came.
STATUSES = ("graded", "rejected", "missing", "harness_error")


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a cohort is graded: the same for each of its submissions.

    Args:
        sets: names of the sets of exercises, such as `"vae"`.
        backends: names of the backends on which each of them runs.
        seed: of the inputs that the judge draws.
        tier: the box in which submissions run, as `keras_gen.grading.tiers.tier` says;
            empty takes the best that works.
        versions: package to version; with another version, `--resume` grades again.
        options: anything else that the grading function wants to be told.
    """

    sets: tuple[str, ...]
    backends: tuple[str, ...]
    seed: int = 0
    tier: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class CheckResult:
    """The verdict on one behaviour of one name, on one backend.

    Args:
        set: set of exercises, such as `"vae"`.
        name: name of the exercise, such as `"Sampler"`.
        check: what is checked, in a word or two that do not change, such as
            `"spread"`; set, name, check and backend name a result.
        backend: where it ran.
        points: what the check is worth; a set sums to 100 on each backend.
        verdict: one of `VERDICTS`.
        message: what was expected, what came, and the hint.
        about: what the check asks for, in one sentence.
        misconception: short name of the known mistake that this looks like, the same
            for all who make it.
        picture: PNG of expected, got and difference, where it says more than words.
        alt: what the picture shows, for those who cannot see it.
        student_output: what the submission printed meanwhile.
        seconds: CPU time.

    Raises:
        ValueError: for another verdict, or points that no check can be worth.

    Example:
        >>> check = CheckResult("vae", "Sampler", "spread", "jax", 10, "passed")
        >>> check.earned
        10
    """

    set: str
    name: str
    check: str
    backend: str
    points: float
    verdict: str
    message: str = ""
    about: str = ""
    misconception: str = ""
    picture: bytes | None = None
    alt: str = ""
    student_output: str = ""
    seconds: float = 0.0

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"verdict must be one of {', '.join(VERDICTS)}; got {self.verdict!r}."
            )
        if not (math.isfinite(self.points) and self.points >= 0):
            raise ValueError(f"points must be 0 or more; got {self.points!r}.")

    @property
    def earned(self) -> float | None:
        """Points earned; None where the grader itself failed, which is no zero."""
        if self.verdict == "harness_error":
            return None
        return self.points if self.verdict == "passed" else 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names this result within a submission's."""
        return self.set, self.backend, self.name, self.check


@dataclasses.dataclass(frozen=True)
class SubmissionResult:
    """All that is known of a submission after grading.

    Args:
        id: the roster's id, or a safe name made of the file's.
        sha256: of the submission's bytes; empty where nothing came.
        sets: sets of exercises that were asked for.
        backends: backends that were asked for.
        seed: of the inputs that the judge drew.
        tier: box in which it ran.
        versions: package to version.
        checks: the verdicts, in any order.
        skipped: what of the submission was not run, and why, one sentence each.
        status: one of `STATUSES`. A single `harness_error` among the checks makes the
            whole a `harness_error`: such a student has no total yet.
        message: why it was rejected or could not be graded.
        name: of the student, as the roster says.
        files: names of the files that were handed in.

    Raises:
        ValueError: for another status.
    """

    id: str
    sha256: str
    sets: tuple[str, ...]
    backends: tuple[str, ...]
    seed: int
    tier: str
    versions: dict[str, str]
    checks: tuple[CheckResult, ...] = ()
    skipped: tuple[str, ...] = ()
    status: str = "graded"
    message: str = ""
    name: str = ""
    files: tuple[str, ...] = ()

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ValueError(
                f"status must be one of {', '.join(STATUSES)}; got {self.status!r}."
            )
        for field in ("sets", "backends", "checks", "skipped", "files"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        if any(check.verdict == "harness_error" for check in self.checks):
            object.__setattr__(self, "status", "harness_error")

    def of(self, set: str, backend: str) -> list[CheckResult]:
        """The checks of one set on one backend, in the order they came in."""
        pairs = ((check.set, check.backend) for check in self.checks)
        return [
            check
            for check, pair in zip(self.checks, pairs, strict=True)
            if pair == (set, backend)
        ]

    def points(self, set: str, backend: str) -> float | None:
        """Points of a set on a backend, of 100; None where there is no grade."""
        if self.status == "rejected":
            return 0.0
        earned = [check.earned for check in self.of(set, backend)]
        if self.status == "missing" or not earned or None in earned:
            return None
        return round(math.fsum(earned), 2)

    def cells(self) -> dict[tuple[str, str], float | None]:
        """Points by set and backend, in the order in which they were asked for."""
        pairs = [(set, backend) for set in self.sets for backend in self.backends]
        return {pair: self.points(*pair) for pair in pairs}

    @property
    def total(self) -> float | None:
        """Mean of all sets on all backends, of 100; None where one has no grade."""
        values = list(self.cells().values())
        if not values or None in values:
            return None
        return round(math.fsum(values) / len(values), 2)

    def as_dict(self, pictures: bool = True) -> dict:
        """What `from_dict` reads: for JSON, with pictures in base64."""
        made = {"schema": SCHEMA} | dataclasses.asdict(self)
        for check in made["checks"]:
            picture = check.pop("picture")
            if pictures and picture is not None:
                check["picture"] = base64.b64encode(picture).decode("ascii")
        return made

    def to_json(self, pictures: bool = True) -> bytes:
        """As `as_dict`, as the bytes of a file: the same result, the same bytes."""
        text = json.dumps(self.as_dict(pictures), indent=1, allow_nan=False)
        return text.encode("ascii") + b"\n"


def from_dict(made: dict) -> SubmissionResult:
    """Make a result of what `as_dict` gave.

    Args:
        made: the dictionary.

    Raises:
        ValueError: for another schema, or what is no result at all.

    Example:
        >>> result = SubmissionResult("ada", "0" * 64, ["vae"], ["jax"], 0, "none", {})
        >>> from_dict(result.as_dict()) == result
        True
    """
    if not isinstance(made, dict) or made.get("schema") != SCHEMA:
        found = made.get("schema") if isinstance(made, dict) else type(made).__name__
        raise ValueError(f"A result must have schema {SCHEMA}; got {found!r}.")
    fields = {name: value for name, value in made.items() if name != "schema"}
    try:
        fields["checks"] = [_check(check) for check in fields["checks"]]
        return SubmissionResult(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is no result of a submission: {error}.") from error


def _check(made: dict) -> CheckResult:
    picture = made.get("picture")
    if picture is not None:
        made = made | {"picture": base64.b64decode(picture, validate=True)}
    return CheckResult(**made)


def from_json(content: bytes) -> SubmissionResult:
    """As `from_dict`, of the bytes of a file."""
    try:
        return from_dict(json.loads(content))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"This is no result of a submission: {error}.") from error


def without_checks(
    submission, settings: Settings, status: str, message: str = ""
) -> SubmissionResult:
    """The result of a submission that no check has seen.

    Args:
        submission: what has `id`, `sha256`, `name` and `files`.
        settings: how the cohort is graded.
        status: `"rejected"`, `"missing"` or `"harness_error"`.
        message: why, in one sentence.
    """
    return SubmissionResult(
        id=submission.id,
        sha256=submission.sha256,
        sets=settings.sets,
        backends=settings.backends,
        seed=settings.seed,
        tier=settings.tier,
        versions=dict(settings.versions),
        status=status,
        message=message,
        name=submission.name,
        files=submission.files,
    )


def box_told(tier: str) -> str:
    """A box's name, and what it does not keep from a submission.

    Example:
        >>> box_told("bwrap-root")
        'bwrap-root'
    """
    return f"{tier}: {WEAKER[tier]}" if tier in WEAKER else tier


def ordered(checks: Sequence[CheckResult]) -> list[CheckResult]:
    """By set, backend, name and check: an order that no speed of a machine changes."""
    return sorted(checks, key=lambda check: check.key)
