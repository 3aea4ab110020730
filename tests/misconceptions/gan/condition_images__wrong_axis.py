# misconception: condition_images
# slug: wrong_axis
# what: the planes are put below the image, on the height axis
# told: looks like a concatenation on the height axis: the image became taller, not
#   deeper

from keras import ops


def condition_images(images, labels, num_classes):
    width, channels = images.shape[2], images.shape[3]
    rows = ops.one_hot(labels, num_classes, dtype=images.dtype)[:, :, None, None]
    rows = ops.tile(rows, (1, 1, width, channels))
    return ops.concatenate([images, rows], axis=1)
