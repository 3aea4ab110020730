# misconception: reconstruction_loss
# slug: squared_error
# what: the squared error
# told: looks like the squared error: binary cross-entropy was asked for

from keras import ops


def reconstruction_loss(images, reconstructions):
    return ops.sum(ops.square(images - reconstructions), axis=(1, 2, 3))
