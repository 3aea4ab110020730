# misconception: kl_divergence
# slug: no_one
# what: the constant 1 is missing
# told: looks like the constant 1 is missing: your divergence of N(0, I) from itself is
#   {number} and not 0

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return 0.5 * ops.sum(ops.square(z_mean) + ops.exp(z_log_var) - z_log_var, axis=-1)
