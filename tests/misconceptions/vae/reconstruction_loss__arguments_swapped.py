# misconception: reconstruction_loss
# slug: arguments_swapped
# what: images and reconstructions swapped in the cross-entropy
# told: looks like images and reconstructions in the other order: the logarithm is that
#   of the reconstruction

import keras
from keras import ops


def reconstruction_loss(images, reconstructions):
    losses = keras.losses.binary_crossentropy(reconstructions, images)
    return ops.sum(losses, axis=(1, 2)) * images.shape[-1]
