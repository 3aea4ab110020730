# misconception: wasserstein_losses
# slug: cross_entropy
# what: the usual cross-entropy losses instead of Wasserstein's
# told: looks like the cross-entropy losses of an ordinary GAN: a Wasserstein critic has
#   neither labels nor logarithms

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    real = ops.mean(ops.softplus(-real_scores))
    fake = ops.mean(ops.softplus(fake_scores))
    return 0.5 * (real + fake), ops.mean(ops.softplus(-fake_scores))
