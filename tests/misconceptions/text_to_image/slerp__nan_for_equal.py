# misconception: slerp
# slug: nan_for_equal
# what: NaN for equal vectors
# told: looks like a division by sin(0): equal vectors give NaN, where nothing is to be
#   done but a straight line

from keras import ops


def slerp(t, v1, v2):
    theta = ops.arccos(ops.sum(v1 * v2, axis=-1, keepdims=True))
    first = ops.sin((1.0 - t) * theta) / ops.sin(theta)
    return first * v1 + ops.sin(t * theta) / ops.sin(theta) * v2
