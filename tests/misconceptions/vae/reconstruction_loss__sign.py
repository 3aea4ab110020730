# misconception: reconstruction_loss
# slug: sign
# what: the log-likelihood, without the minus
# told: looks like the log-likelihood: its sign must be turned for a loss

from keras import ops


def reconstruction_loss(images, reconstructions):
    p = ops.clip(reconstructions, 1e-7, 1 - 1e-7)
    log_likelihood = images * ops.log(p) + (1 - images) * ops.log(1 - p)
    return ops.sum(log_likelihood, axis=(1, 2, 3))
