# misconception: wasserstein_losses
# slug: swapped_order
# what: the pair is returned the wrong way round
# told: looks like (generator_loss, critic_loss): the two losses are right but in the
#   wrong order

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    critic_loss = ops.mean(fake_scores) - ops.mean(real_scores)
    generator_loss = -ops.mean(fake_scores)
    return generator_loss, critic_loss
