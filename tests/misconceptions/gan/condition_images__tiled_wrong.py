# misconception: condition_images
# slug: tiled_wrong
# what: tile instead of repeat before the reshape, so that the planes of different
#   images are mixed
# told: looks like labels tiled and then reshaped in another order: the planes of one
#   image show the labels of others

from keras import ops


def condition_images(images, labels, num_classes):
    height, width = images.shape[1], images.shape[2]
    one_hot = ops.one_hot(labels, num_classes, dtype=images.dtype)
    planes = ops.tile(one_hot, (height * width, 1))
    planes = ops.reshape(planes, (-1, height, width, num_classes))
    return ops.concatenate([images, planes], axis=-1)
