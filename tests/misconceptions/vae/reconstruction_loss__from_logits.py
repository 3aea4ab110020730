# misconception: reconstruction_loss
# slug: from_logits
# what: the decoder's probabilities are taken for logits
# told: looks like from_logits=True: the reconstructions are in [0, 1] already, and a
#   second sigmoid makes them at least 0.5

from keras import ops


def reconstruction_loss(images, reconstructions):
    losses = ops.softplus(reconstructions) - images * reconstructions
    return ops.sum(losses, axis=(1, 2, 3))
