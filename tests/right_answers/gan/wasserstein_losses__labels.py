# right answer: wasserstein_losses
# style: labels of -1 and 1 times the scores, a list

from keras import ops


def wasserstein(label, scores):
    """Scores of pictures labelled -1 are to be raised, those labelled 1 lowered."""
    return ops.mean(label * scores)


def wasserstein_losses(real_scores, fake_scores):
    critic = wasserstein(-1.0, real_scores) + wasserstein(1.0, fake_scores)
    return [critic, wasserstein(-1.0, fake_scores)]
