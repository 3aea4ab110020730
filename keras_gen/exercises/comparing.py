"""Is an answer right, and if not, which known mistake does it look like?"""

import numpy as np

from keras_gen.exercises.registry import Failed

# float32 against float64: `benchmarks/tolerances.py` prints how far right answers lie.
RTOL, ATOL = 1e-4, 1e-5


def array_of(answer, what: str = "the answer") -> np.ndarray:
    """An answer as float64 array; of anything else, a failure that says so."""
    if isinstance(answer, bool | int | float):
        answer = np.asarray(answer)
    if not isinstance(answer, np.ndarray):
        kind = "nothing (None)" if answer is None else f"a {type(answer).__name__}"
        raise Failed(f"Expected {what} to be an array; got {kind}.")
    return answer.astype("float64")


def several(answer, num: int, what: str) -> list:
    """An answer that must be a list or tuple of so many."""
    if not isinstance(answer, list | tuple) or len(answer) != num:
        came = f"{len(answer)}" if isinstance(answer, list | tuple) else "one value"
        raise Failed(f"Expected {num} values, {what}; got {came}.")
    return list(answer)


def same_shape(answer, shape, what: str = "the answer") -> np.ndarray:
    """An answer as array of this shape."""
    array = array_of(answer, what)
    if array.shape != tuple(shape):
        raise Failed(
            f"Expected {what} to have the shape {tuple(shape)}; got {array.shape}."
        )
    return array


def close(answer, expected, rtol=RTOL, atol=ATOL) -> bool:
    """Whether an array is near another, of the same shape and without nan."""
    answer, expected = np.asarray(answer), np.asarray(expected)
    if answer.shape != expected.shape:
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        return np.allclose(answer, expected, rtol, atol)


def compare(
    answer,
    expected,
    what: str = "the answer",
    wrong: dict | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
    shown: bool = False,
) -> None:
    """Passes if an answer is right; else says how far off, and what it looks like.

    Args:
        answer: what came.
        expected: array.
        what: what to call the answer.
        wrong: short name of a known mistake -> `(its answer, sentence)`; the answer
            may have another shape. Those that are right here are skipped.
        rtol: relative tolerance.
        atol: absolute tolerance.
        shown: whether both are pictures, worth showing.

    Raises:
        Failed: if it is not right.

    Example:

    >>> compare(np.ones(2), np.ones(2))
    >>> try:
    ...     compare(np.ones(2), np.zeros(2), wrong={"one": (np.ones(2), "It is one.")})
    ... except Failed as failed:
    ...     print(failed.misconception, "-", failed.message)
    one - It is one. (The answer is off by up to 1.)
    """
    expected = np.asarray(expected, "float64")
    got = array_of(answer, what)
    if close(got, expected, rtol, atol):
        return
    pictures = (expected, got) if shown and got.shape == expected.shape else None
    for name, (variant, sentence) in (wrong or {}).items():
        if close(variant, expected, rtol, atol):
            continue
        if close(got, np.asarray(variant, "float64"), 10 * rtol, 10 * atol):
            raise Failed(f"{sentence} ({_off(got, expected, what)})", name, pictures)
    raise Failed(_off(got, expected, what), shown=pictures)


def _off(got, expected, what):
    what = what[0].upper() + what[1:]
    if got.shape != expected.shape:
        return f"{what} should have the shape {expected.shape}; it has {got.shape}."
    bad = ~np.isfinite(got) & np.isfinite(expected)
    if bad.any():
        return (
            f"{what} should be finite; {int(bad.sum())} of {bad.size} values are not."
        )
    with np.errstate(invalid="ignore"):
        off = np.abs(got - expected)
    return f"{what} is off by up to {np.nanmax(off):.3g}."


def slopes(function, points, num: int, step: float = 1e-5) -> np.ndarray:
    """The gradient of a function of arrays by central differences, in float64.

    Args:
        function: of the points; a number.
        points: list of arrays.
        num: with respect to which of them.
        step: of the difference.

    Returns:
        Array of the shape of that point.

    Example:

    >>> slopes(lambda x: (x**2).sum(), [np.array([1.0, 3.0])], 0).round(6).tolist()
    [2.0, 6.0]
    """
    points = [np.array(point, "float64") for point in points]
    gradient = np.zeros_like(points[num])
    for index in np.ndindex(gradient.shape):
        sides = []
        for sign in (1, -1):
            moved = [point.copy() for point in points]
            moved[num][index] += sign * step
            sides.append(function(*moved))
        gradient[index] = (sides[0] - sides[1]) / (2 * step)
    return gradient
