# misconception: slerp
# slug: cosine_for_angle
# what: the cosine in the place of the angle
# told: looks like the cosine used as if it were the angle: arccos is missing

from keras import ops


def slerp(t, v1, v2):
    theta = ops.clip(ops.sum(v1 * v2, axis=-1, keepdims=True), -1.0, 1.0)
    sine = ops.sin(theta)
    small = ops.abs(sine) < 1e-4
    sine = ops.where(small, 1.0, sine)
    arc = ops.sin((1.0 - t) * theta) / sine * v1 + ops.sin(t * theta) / sine * v2
    return ops.where(small, (1.0 - t) * v1 + t * v2, arc)
