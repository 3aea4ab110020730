# misconception: wasserstein_losses
# slug: sigmoid
# what: the scores go through a sigmoid as if they were logits
# told: looks like a sigmoid on the scores: a critic's scores are no probabilities and
#   have no bounds

from keras import ops


def wasserstein_losses(real_scores, fake_scores):
    real, fake = ops.sigmoid(real_scores), ops.sigmoid(fake_scores)
    return ops.mean(fake) - ops.mean(real), -ops.mean(fake)
