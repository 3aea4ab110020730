"""From token embeddings to one vector, and from one vector to another.

Synopsis:

>>> from keras_gen.text.embeddings import slerp
>>> [round(float(x), 2) for x in slerp(0.5, [1.0, 0.0], [0.0, 1.0])]
[0.71, 0.71]
"""

from keras import ops

from keras_gen.checks import check_positive_integers


def pool_tokens(token_embeddings, padding_mask):
    """Averages the embeddings of the real tokens.

    Args:
        token_embeddings: `(batch, length, dim)`.
        padding_mask: `(batch, length)`, 1 or True where a token is real; every row
            has one.

    Returns:
        One vector a text, `(batch, dim)`.
    """
    mask = ops.cast(padding_mask, token_embeddings.dtype)[..., None]  # (B, L, 1)
    return ops.sum(token_embeddings * mask, axis=1) / ops.sum(mask, axis=1)


def slerp(t, v1, v2):
    """Spherical interpolation: walks along the arc from one vector to another.

    `sin((1 - t) theta) / sin(theta) * v1 + sin(t theta) / sin(theta) * v2` along the
    last axis, with theta the angle between the two; the straight line where that
    angle is (nearly) zero, or where a vector is zero.  A straight line between two
    prompts passes through shorter vectors than any prompt has; an arc does not.

    Args:
        t: from 0 (`v1`) to 1 (`v2`).
        v1: vectors `(..., dim)`.
        v2: vectors of the same shape.

    Returns:
        Vectors of the same shape.

    Reference:
        Shoemake 1985, https://doi.org/10.1145/325334.325242, section 3.3.
    """
    v1, v2 = (ops.convert_to_tensor(v, dtype="float32") for v in (v1, v2))

    def dot(a, b):
        return ops.sum(a * b, axis=-1, keepdims=True)

    cosine = dot(v1, v2)
    # From sine and cosine together: arccos alone loses half the digits near 1.
    aside = v2 * dot(v1, v1) - v1 * cosine  # v2's part at right angles, times |v1|^2
    length1 = ops.sqrt(ops.maximum(dot(v1, v1), 1e-24))
    sine = ops.sqrt(dot(aside, aside)) / length1  # |v1| |v2| sin(theta)
    theta = ops.arctan2(sine, cosine)
    straight = ops.sin(theta) < 1e-6
    sine = ops.where(straight, 1.0, ops.sin(theta))
    weight1 = ops.where(straight, 1.0 - t, ops.sin((1.0 - t) * theta) / sine)
    weight2 = ops.where(straight, t, ops.sin(t * theta) / sine)
    return weight1 * v1 + weight2 * v2


def interpolate_prompts(e1, e2, num):
    """Places `num` evenly spaced embeddings on the arc between two, ends included.

    Args:
        e1: embedding `(..., dim)` at which to start.
        e2: embedding of the same shape at which to end.
        num: how many, at least 1.

    Returns:
        Embeddings `(num, ..., dim)`.
    """
    check_positive_integers(num=num)
    return ops.stack([slerp(i / max(num - 1, 1), e1, e2) for i in range(num)])
