# misconception: slerp
# slug: degrees
# what: the angle in degrees
# told: looks like an angle in degrees: sine takes radians

import math

from keras import ops


def slerp(t, v1, v2):
    cosine = ops.clip(ops.sum(v1 * v2, axis=-1, keepdims=True), -1.0, 1.0)
    theta = ops.arccos(cosine) * 180.0 / math.pi
    sine = ops.sin(theta)
    small = ops.abs(sine) < 1e-4
    sine = ops.where(small, 1.0, sine)
    arc = ops.sin((1.0 - t) * theta) / sine * v1 + ops.sin(t * theta) / sine * v2
    return ops.where(small, (1.0 - t) * v1 + t * v2, arc)
