# right answer: slerp
# style: the angle by arctan2 of chord lengths, lerp as a helper

from keras import ops


def lerp(t, a, b):
    return a + t * (b - a)


def length(v):
    return ops.sqrt(ops.sum(ops.square(v), axis=-1, keepdims=True))


def slerp(t, v1, v2):
    a, b = v1 / length(v1), v2 / length(v2)
    theta = 2.0 * ops.arctan2(length(a - b), length(a + b))
    is_tiny = theta < 1e-3
    theta = ops.where(is_tiny, ops.ones_like(theta), theta)
    arc = (ops.sin((1 - t) * theta) * v1 + ops.sin(t * theta) * v2) / ops.sin(theta)
    return ops.where(is_tiny, lerp(t, v1, v2), arc)
