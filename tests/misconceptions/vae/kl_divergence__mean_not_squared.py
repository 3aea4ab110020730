# misconception: kl_divergence
# slug: mean_not_squared
# what: z_mean is not squared
# told: looks like z_mean where its square was meant: a negative mean lowers your
#   divergence

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return -0.5 * ops.sum(1 + z_log_var - z_mean - ops.exp(z_log_var), axis=-1)
