# misconception: slerp
# slug: shorter_way
# what: one vector is turned round where the angle is wide, as for quaternions
# told: looks like the rule for quaternions, which turns a vector round where the angle
#   is more than 90 degrees: for embeddings v and -v are not the same, and your end is
#   not v2

from keras import ops


def slerp(t, v1, v2):
    cosine = ops.sum(v1 * v2, axis=-1, keepdims=True)
    v2 = ops.where(cosine < 0.0, -v2, v2)
    theta = ops.arccos(ops.clip(ops.abs(cosine), 0.0, 1.0))
    sine = ops.sin(theta)
    small = sine < 1e-4
    sine = ops.where(small, 1.0, sine)
    arc = ops.sin((1.0 - t) * theta) / sine * v1 + ops.sin(t * theta) / sine * v2
    return ops.where(small, (1.0 - t) * v1 + t * v2, arc)
