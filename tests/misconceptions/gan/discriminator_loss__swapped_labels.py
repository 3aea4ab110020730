# misconception: discriminator_loss
# slug: swapped_labels
# what: the labels are swapped: real = 0 and fake = 1
# told: looks like labels 0 for real and 1 for fake: a discriminator that is right pays
#   the most

from keras import ops


def discriminator_loss(real_logits, fake_logits):
    real = ops.mean(ops.softplus(real_logits))
    fake = ops.mean(ops.softplus(-fake_logits))
    return 0.5 * (real + fake)
