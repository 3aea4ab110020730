# misconception: interpolate_prompts
# slug: no_end
# what: the second end is left out
# told: looks like points that stop before the second prompt: both ends are included

from keras import ops


def slerp(t, v1, v2):
    cosine = ops.clip(ops.sum(v1 * v2, axis=-1, keepdims=True), -1.0, 1.0)
    theta = ops.arccos(cosine)
    sine = ops.sin(theta)
    close = sine < 1e-4
    sine = ops.where(close, 1.0, sine)
    arc = ops.sin((1.0 - t) * theta) / sine * v1 + ops.sin(t * theta) / sine * v2
    return ops.where(close, (1.0 - t) * v1 + t * v2, arc)


def interpolate_prompts(e1, e2, num):
    return ops.stack([slerp(i / num, e1, e2) for i in range(num)])
