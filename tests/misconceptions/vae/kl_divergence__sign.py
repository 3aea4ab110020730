# misconception: kl_divergence
# slug: sign
# what: the sign is wrong
# told: looks like the divergence with the wrong sign: it can never be negative

from keras import ops


def kl_divergence(z_mean, z_log_var):
    return 0.5 * ops.sum(
        1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=-1
    )
