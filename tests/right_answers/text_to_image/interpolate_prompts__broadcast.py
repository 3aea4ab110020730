# right answer: interpolate_prompts
# style: all points at once, t broadcast

from keras import ops


def slerp(t, v1, v2):
    theta = ops.arccos(ops.clip(ops.sum(v1 * v2, -1, keepdims=True), -1.0, 1.0))
    near = theta < 1e-3
    theta = ops.where(near, 1.0, theta)
    w1 = ops.where(near, 1.0 - t, ops.sin((1.0 - t) * theta) / ops.sin(theta))
    w2 = ops.where(near, t + 0.0 * theta, ops.sin(t * theta) / ops.sin(theta))
    return w1 * v1 + w2 * v2


def interpolate_prompts(e1, e2, num):
    ones = (1,) * len(e1.shape)
    t = ops.reshape(ops.cast(ops.linspace(0.0, 1.0, num), "float32"), (num, *ones))
    return slerp(t, ops.expand_dims(e1, 0), ops.expand_dims(e2, 0))
