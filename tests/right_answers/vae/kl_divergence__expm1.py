# right answer: kl_divergence
# style: a lambda with expm1

from keras import ops

kl_divergence = lambda m, v: ops.sum(m * m + ops.expm1(v) - v, -1) / 2  # noqa: E731
