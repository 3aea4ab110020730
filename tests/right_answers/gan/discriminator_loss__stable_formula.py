# right answer: discriminator_loss
# style: the stable formula of cross-entropy from logits, by hand

from keras import ops


def cross_entropy(label, logits):
    positive_part = ops.maximum(logits, 0.0)
    return positive_part - label * logits + ops.log1p(ops.exp(-ops.abs(logits)))


def discriminator_loss(real_logits, fake_logits):
    halves = [cross_entropy(1.0, real_logits), cross_entropy(0.0, fake_logits)]
    return sum(ops.mean(half) for half in halves) / len(halves)
