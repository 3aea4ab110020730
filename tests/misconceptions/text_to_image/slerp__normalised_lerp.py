# misconception: slerp
# slug: normalised_lerp
# what: linear interpolation, brought to length 1
# told: looks like linear interpolation with the length put right: it lies on the
#   circle, but does not move along it at an even pace

from keras import ops


def slerp(t, v1, v2):
    v = (1.0 - t) * v1 + t * v2
    return v / ops.norm(v, axis=-1, keepdims=True)
