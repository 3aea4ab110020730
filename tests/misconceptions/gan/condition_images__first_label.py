# misconception: condition_images
# slug: first_label
# what: the first label is used for the whole batch
# told: looks like the first image's label for the whole batch: every image has its own

from keras import ops


def condition_images(images, labels, num_classes):
    one_hot = ops.one_hot(labels[0], num_classes, dtype=images.dtype)
    planes = one_hot * ops.ones_like(images[..., :1])
    return ops.concatenate([images, planes], axis=-1)
