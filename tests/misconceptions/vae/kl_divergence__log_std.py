# misconception: kl_divergence
# slug: log_std
# what: z_log_var is taken for the logarithm of the standard deviation
# told: looks like z_log_var taken for the logarithm of the standard deviation: it is
#   that of the variance, so it has a factor 2 too many

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return -0.5 * ops.sum(
        1 + 2 * z_log_var - ops.square(z_mean) - ops.exp(2 * z_log_var), axis=-1
    )
