# misconception: interpolate_real_fake
# slug: either_or
# what: each image is either real or fake
# told: looks like a choice of the real or the fake image: all points between them were
#   meant

from keras import ops


def interpolate_real_fake(real, fake, weights):
    return ops.where(weights > 0.5, real, fake)
