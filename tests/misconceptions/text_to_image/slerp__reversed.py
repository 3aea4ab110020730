# misconception: slerp
# slug: reversed
# what: runs from v2 to v1
# told: looks like the way back: t = 0 should give v1

from keras import ops


def slerp(t, v1, v2):
    theta = ops.arccos(ops.clip(ops.sum(v1 * v2, -1, keepdims=True), -1.0, 1.0))
    sine = ops.sin(theta)
    small = sine < 1e-4
    sine = ops.where(small, 1.0, sine)
    arc = ops.sin(t * theta) / sine * v1 + ops.sin((1.0 - t) * theta) / sine * v2
    return ops.where(small, t * v1 + (1.0 - t) * v2, arc)
