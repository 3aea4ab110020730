"""Checks of the set `text_to_image`: the ways from one prompt to another."""

import numpy as np

from keras_gen.exercises.comparing import close, compare, same_shape, slopes
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError
from keras_gen.exercises.text_to_image_parts import DIM, NUM, asked, check, slope_of

# ----------------------------------------------------------------------------- slerp


def units(rng, *shape):
    """Random unit vectors, float32."""
    vectors = rng.standard_normal(shape)
    return unit(vectors).astype("float32")


def unit(vectors):
    """Vectors brought to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def pairs(rng, num=NUM):
    """Pairs of unit vectors, narrow angles and wide ones, none near 0 or 180 degrees.

    Returns:
        `(v1, v2)`, float32 of shape `(num, DIM)`.
    """
    first, other = units(rng, 2, num, DIM).astype("float64")
    other = unit(other - (other * first).sum(-1, keepdims=True) * first)
    angles = rng.permutation(np.linspace(0.5, 2.4, num) + rng.uniform(0, 0.2, num))
    second = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * other
    return first.astype("float32"), second.astype("float32")


def arc(t, v1, v2, theta, sine=None):
    """The weights of the formula, for an angle of one's own."""
    sine = np.sin(theta) if sine is None else sine
    return np.sin((1 - t) * theta) / sine * v1 + np.sin(t * theta) / sine * v2


def cosine_of(v1, v2):
    """The cosine of the angles, with a last axis of 1."""
    v1, v2 = np.float64(v1), np.float64(v2)
    return np.clip((v1 * v2).sum(axis=-1, keepdims=True), -1, 1)


def of_slerp(t, v1, v2):
    """The point of the arc."""
    return arc(t, np.float64(v1), np.float64(v2), np.arccos(cosine_of(v1, v2)))


def line(t, v1, v2):
    """The point of the straight line."""
    return (1 - t) * np.float64(v1) + t * np.float64(v2)


def wrong_slerps(t, v1, v2):
    """What the known mistakes would answer."""
    v1, v2 = np.float64(v1), np.float64(v2)
    cosine = cosine_of(v1, v2)
    theta = np.arccos(cosine)
    shorter = np.where(cosine < 0, -v2, v2)
    bare = arc(t, v1, v2, theta, 1.0)
    chord = np.linalg.norm(line(0.5, v1, v2), axis=-1).min()
    return {
        "reversed": (
            of_slerp(1 - t, v1, v2),
            "Looks like the way back: t = 0 should give v1.",
        ),
        "lerp": (
            line(t, v1, v2),
            "Looks like linear interpolation: half way between two unit vectors yours "
            f"has a length down to {chord:.2f}, not 1.",
        ),
        "normalised_lerp": (
            unit(line(t, v1, v2)),
            "Looks like linear interpolation with the length put right: it lies on the "
            "circle, but does not move along it at an even pace.",
        ),
        "not_divided": (
            bare,
            "Looks like the weights without the division by sin(theta): your vectors "
            f"have lengths down to {np.linalg.norm(bare, axis=-1).min():.2f}, not 1.",
        ),
        "degrees": (
            arc(t, v1, v2, np.degrees(theta)),
            "Looks like an angle in degrees: sine takes radians.",
        ),
        "cosine_for_angle": (
            arc(t, v1, v2, cosine),
            "Looks like the cosine used as if it were the angle: arccos is missing.",
        ),
        "one_angle_for_all": (
            arc(t, v1, v2, np.arccos(cosine.mean())),
            "Looks like one angle for all rows: each pair of vectors has its own, "
            "along the last axis.",
        ),
        "shorter_way": (
            of_slerp(t, v1, shorter),
            "Looks like the rule for quaternions, which turns a vector round where the "
            "angle is more than 90 degrees: for embeddings v and -v are not the same, "
            "and your end is not v2.",
        ),
    }


@check("slerp", 5, "It is the point of the arc, for each pair of vectors.")
def value(student, rng):
    (v1, v2), t = pairs(rng), round(rng.uniform(0.2, 0.35), 3)
    answer = asked(student, "slerp", t, v1, v2)
    compare(answer, of_slerp(t, v1, v2), "a vector", wrong_slerps(t, v1, v2))
    answer = asked(student, "slerp", t, v1[0], v2[0])
    one = wrong_slerps(t, v1[0], v2[0])
    compare(answer, of_slerp(t, v1[0], v2[0]), "a single vector", one)


@check("slerp", 3, "Its ends are the two vectors.")
def ends(student, rng):
    v1, v2 = pairs(rng)
    for t, end in ((0.0, v1), (1.0, v2)):
        answer = asked(student, "slerp", t, v1, v2)
        compare(answer, end, f"the vector at t = {t:g}", wrong_slerps(t, v1, v2))


@check("slerp", 3, "Vectors of the same direction are no trouble.")
def same_direction(student, rng):
    v1, v2 = pairs(rng)
    t = round(rng.uniform(0.2, 0.4), 3)
    v1[0] = v2[0] = rng.permutation(np.eye(DIM))[0]  # whose cosine is 1 exactly
    v1[1] = v2[1]
    answer = same_shape(asked(student, "slerp", t, v1, v2), v1.shape, "the vectors")
    if not np.isfinite(answer[:2]).all():
        raise Failed(
            "Looks like a division by sin(0), or the arccos of a little more than 1: "
            "equal vectors give nan, where nothing is to be done but a straight line.",
            "nan_for_equal",
        )
    expected = np.concatenate([v1[:2], of_slerp(t, v1[2:], v2[2:])])
    # The angle of near vectors is known to 3e-4 in float32, and hardly matters.
    compare(answer, expected, "a vector", atol=1e-4)


@check("slerp", 3, "It can be learned through.", graded_only=True)
def gradient(student, rng):
    (v1, v2), t = pairs(rng), 0.3
    cotangent = rng.standard_normal(v1.shape).astype("float32")
    found = slope_of(student, "slerp", [t, v1, v2], cotangent, [1, 2])
    for num, (got, at) in enumerate(zip(found, (v1, v2), strict=True)):
        right = slopes(lambda *v: (of_slerp(t, *v) * cotangent).sum(), [v1, v2], num)
        # Along the sphere only: beyond it there are several formulas.
        got = same_shape(got, at.shape, "the gradient")
        got, right = (g - (g * at).sum(-1, keepdims=True) * at for g in (got, right))
        compare(got, right, f"the gradient of v{num + 1}", rtol=1e-3, atol=1e-4)


# --------------------------------------------------------------- interpolate_prompts


def of_ways(times, e1, e2):
    """`slerp` points at these times."""
    return np.stack([of_slerp(t, e1, e2) for t in times])


def wrong_ways(e1, e2, num):
    """What the known mistakes would answer."""
    times = np.linspace(0, 1, num)
    right = of_ways(times, e1, e2)
    return {
        "reversed": (
            right[::-1],
            "Looks like the way back: the first point should be e1.",
        ),
        "linear": (
            np.stack([line(t, e1, e2) for t in times]),
            "Looks like points on a straight line: slerp keeps their length.",
        ),
        "no_end": (
            of_ways(np.arange(num) / num, e1, e2),
            "Looks like points that stop before the second prompt: both ends are "
            "included.",
        ),
        "ends_left_out": (
            of_ways((np.arange(num) + 1) / (num + 1), e1, e2),
            "Looks like points strictly between the prompts: both ends are included.",
        ),
        "one_too_many": (
            of_ways(np.linspace(0, 1, num + 1), e1, e2),
            f"Looks like {num + 1} points: both ends count among the {num}.",
        ),
        "eased": (
            of_ways((1 - np.cos(np.pi * times)) / 2, e1, e2),
            "Looks like points that are not evenly spaced: they start and stop slowly.",
        ),
        "last_axis": (
            np.moveaxis(right, 0, -1),
            "Looks like points stacked on the last axis: num comes first in the shape.",
        ),
    }


def near_way(student, e1, e2, num):
    """Compares the points; right is also what follows from a `slerp` of one's own."""
    answer = asked(student, "interpolate_prompts", e1, e2, num)
    try:
        right = of_ways(np.linspace(0, 1, num), e1, e2)
        compare(answer, right, "a point", wrong_ways(e1, e2, num), atol=3e-5)
    except Failed:
        if not _by_own_slerp(student, answer, e1, e2, num):
            raise


def _by_own_slerp(student, answer, e1, e2, num):
    if not student.has("slerp"):
        return False
    try:
        times = np.linspace(0, 1, num)
        own = [student.call("slerp", float(t), e1, e2) for t in times]
        own = np.stack([same_shape(one, e1.shape) for one in own])
    except (Failed, StudentError):
        return False
    return close(answer, own)


@check("interpolate_prompts", 5, "The points are evenly spaced, both ends included.")
def value_(student, rng):
    near_way(student, *pairs(rng), 4)


@check("interpolate_prompts", 3, "Single vectors have their way, also of two points.")
def shapes(student, rng):
    e1, e2 = pairs(rng)
    near_way(student, e1[0], e2[0], 4)
    near_way(student, e1[0], e2[0], 2)


@check("interpolate_prompts", 3, "It can be learned through.", graded_only=True)
def gradient_(student, rng):
    e1, e2 = pairs(rng)
    cotangent = np.zeros((4, *e1.shape), "float32")
    cotangent[0], cotangent[3] = rng.standard_normal((2, *e1.shape))
    found = slope_of(student, "interpolate_prompts", [e1, e2, 4], cotangent, [0, 1])
    for got, at, right in zip(found, (e1, e2), cotangent[::3], strict=True):
        got = same_shape(got, at.shape, "the gradient")
        got, right = (g - (g * at).sum(-1, keepdims=True) * at for g in (got, right))
        compare(got, right, "the gradient", rtol=1e-3, atol=1e-4)
