# misconception: reconstruction_loss
# slug: white_pixels_only
# what: the term of the dark pixels is missing
# told: looks like images * log(reconstructions) alone: nothing is paid for light where
#   the image is dark

from keras import ops


def reconstruction_loss(images, reconstructions):
    p = ops.clip(reconstructions, 1e-7, 1.0)
    return -ops.sum(images * ops.log(p), axis=(1, 2, 3))
