# misconception: interpolate_prompts
# slug: eased
# what: points that are not evenly spaced
# told: looks like points that are not evenly spaced: they start and stop slowly

import math

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
    times = [(1 - math.cos(math.pi * i / (num - 1))) / 2 for i in range(num)]
    return ops.stack([slerp(t, e1, e2) for t in times])
