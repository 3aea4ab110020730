# misconception: kl_divergence
# slug: no_exp
# what: the variance is not taken out of its logarithm
# told: looks like z_log_var where the variance was meant: exp is missing, so the spread
#   costs nothing

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return -0.5 * ops.sum(1 + z_log_var - ops.square(z_mean) - z_log_var, axis=-1)
