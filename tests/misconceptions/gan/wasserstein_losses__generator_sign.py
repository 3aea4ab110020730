# misconception: wasserstein_losses
# slug: generator_sign
# what: the generator's loss has the wrong sign
# told: looks like mean(fake) for the generator: minimising it lowers the critic's score
#   of its images

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    return ops.mean(fake_scores) - ops.mean(real_scores), ops.mean(fake_scores)
