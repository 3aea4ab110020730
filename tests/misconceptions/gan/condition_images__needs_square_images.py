# misconception: condition_images
# slug: needs_square_images
# what: the planes are made with the height on both sides
# told: looks like planes of height x height: images that are not square cannot be
#   joined with them

from keras import ops


def condition_images(images, labels, num_classes):
    size = images.shape[1]
    planes = ops.one_hot(labels, num_classes, dtype=images.dtype)[:, None, None, :]
    planes = ops.tile(planes, (1, size, size, 1))
    return ops.concatenate([images, planes], axis=-1)
