# right answer: kl_divergence
# style: the formula of the slide

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return -0.5 * ops.sum(
        1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=1
    )
