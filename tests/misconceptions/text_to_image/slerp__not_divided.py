# misconception: slerp
# slug: not_divided
# what: the division by the sine is missing
# told: looks like the weights without the division by sin(theta): at t = 0 your vector
#   has length {number}

from keras import ops


def slerp(t, v1, v2):
    theta = ops.arccos(ops.clip(ops.sum(v1 * v2, -1, keepdims=True), -1.0, 1.0))
    arc = ops.sin((1.0 - t) * theta) * v1 + ops.sin(t * theta) * v2
    return ops.where(ops.sin(theta) < 1e-4, (1.0 - t) * v1 + t * v2, arc)
