# misconception: kl_divergence
# slug: batch_mean
# what: one number for the whole batch
# told: looks like the mean over the batch: one number an image was meant, the model
#   takes the mean later

from keras import ops


def kl_divergence(z_mean, z_log_var):
    per_dimension = 1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)
    return -0.5 * ops.mean(ops.sum(per_dimension, axis=-1))
