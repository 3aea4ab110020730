# misconception: kl_divergence
# slug: no_half
# what: the factor 1/2 is missing
# told: looks like the factor 1/2 is missing: your divergence is {number} times too
#   large

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return -ops.sum(1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=-1)
