# misconception: interpolate_real_fake
# slug: square_roots
# what: roots of the weights, as for mixing noise
# told: looks like square roots of the weights, as one mixes noise: on a straight line
#   the weights themselves add up to 1

from keras import ops


def interpolate_real_fake(real, fake, weights):
    return ops.sqrt(weights) * real + ops.sqrt(1.0 - weights) * fake
