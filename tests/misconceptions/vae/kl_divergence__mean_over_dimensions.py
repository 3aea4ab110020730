# misconception: kl_divergence
# slug: mean_over_dimensions
# what: the mean over the latent dimensions
# told: looks like a mean over the latent dimensions where a sum was meant: your
#   divergence is {number} times too small

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return -0.5 * ops.mean(
        1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=-1
    )
