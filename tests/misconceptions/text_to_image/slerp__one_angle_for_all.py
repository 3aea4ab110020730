# misconception: slerp
# slug: one_angle_for_all
# what: one angle for a whole batch of vectors
# told: looks like one angle for all rows: each pair of vectors has its own, along the
#   last axis

from keras import ops


def slerp(t, v1, v2):
    cosine = ops.mean(ops.sum(v1 * v2, axis=-1))
    theta = ops.arccos(ops.clip(cosine, -1.0, 1.0))
    sine = ops.sin(theta)
    small = sine < 1e-4
    sine = ops.where(small, 1.0, sine)
    arc = ops.sin((1.0 - t) * theta) / sine * v1 + ops.sin(t * theta) / sine * v2
    return ops.where(small, (1.0 - t) * v1 + t * v2, arc)
