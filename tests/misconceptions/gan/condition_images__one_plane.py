# misconception: condition_images
# slug: one_plane
# what: a single plane with the label's number
# told: looks like one plane with the label's number: {number} planes were expected, one
#   a class

from keras import ops


def condition_images(images, labels, num_classes):
    numbers = ops.cast(labels, images.dtype)[:, None, None, None]
    plane = numbers / num_classes * ops.ones_like(images[..., :1])
    return ops.concatenate([images, plane], axis=-1)
