# misconception: condition_images
# slug: label_numbers
# what: the planes hold the label's number, not one-hot codes
# told: looks like planes filled with the number of the class: classes have no order, so
#   each needs a plane of its own with 1 or 0

from keras import ops


def condition_images(images, labels, num_classes):
    numbers = ops.cast(labels, images.dtype)[:, None, None, None]
    planes = numbers * ops.ones_like(images[..., :1])
    planes = ops.repeat(planes, num_classes, axis=-1)
    return ops.concatenate([images, planes], axis=-1)
