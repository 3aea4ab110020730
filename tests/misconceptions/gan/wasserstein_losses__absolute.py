# misconception: wasserstein_losses
# slug: absolute
# what: the absolute difference of the two means
# told: looks like the distance between the two means without its sign: a critic that
#   has them the wrong way round is not told so

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    distance = ops.abs(ops.mean(fake_scores) - ops.mean(real_scores))
    return -distance, -ops.mean(fake_scores)
