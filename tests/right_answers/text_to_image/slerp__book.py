# right answer: slerp
# style: the formula, linear where the angle is small

from keras import ops


def slerp(t, v1, v2):
    cosine = ops.sum(v1 * v2, axis=-1, keepdims=True)
    theta = ops.arccos(ops.clip(cosine, -1.0, 1.0))
    sine = ops.sin(theta)
    small = sine < 1e-4
    safe = ops.where(small, 1.0, sine)
    first = ops.where(small, 1.0 - t, ops.sin((1.0 - t) * theta) / safe)
    second = ops.where(small, t, ops.sin(t * theta) / safe)
    return first * v1 + second * v2
