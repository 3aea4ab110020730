# misconception: kl_divergence
# slug: reversed
# what: the divergence of the prior from the encoder's Gaussian
# told: looks like the divergence with its two sides swapped: that of N(0, I) from the
#   encoder's Gaussian

from keras import ops


def kl_divergence(z_mean, z_log_var):
    ratio = (1.0 + ops.square(z_mean)) / ops.exp(z_log_var)
    return 0.5 * ops.sum(z_log_var + ratio - 1.0, axis=-1)
