# misconception: wasserstein_losses
# slug: critic_sign
# what: the critic's loss has the wrong sign
# told: looks like mean(real) - mean(fake) for the critic, which is what it should
#   raise: as a loss to minimise it has the wrong sign

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    critic_loss = ops.mean(real_scores) - ops.mean(fake_scores)
    return critic_loss, -ops.mean(fake_scores)
