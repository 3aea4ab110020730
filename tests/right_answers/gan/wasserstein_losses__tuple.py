# right answer: wasserstein_losses
# style: two lines, a tuple

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    critic_loss = ops.mean(fake_scores) - ops.mean(real_scores)
    generator_loss = -ops.mean(fake_scores)
    return critic_loss, generator_loss
