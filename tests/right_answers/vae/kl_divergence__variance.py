# right answer: kl_divergence
# style: variance first, terms apart

from keras import ops


def kl_divergence(z_mean, z_log_var):
    variance = ops.exp(z_log_var)
    squared_distance = ops.sum(z_mean**2, axis=-1)
    trace = ops.sum(variance, axis=-1)
    log_determinant = ops.sum(z_log_var, axis=-1)
    dimensions = z_mean.shape[-1]
    return (trace + squared_distance - dimensions - log_determinant) / 2.0
