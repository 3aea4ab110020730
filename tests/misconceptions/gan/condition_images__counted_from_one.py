# misconception: condition_images
# slug: counted_from_one
# what: labels are taken to begin at 1
# told: looks like labels counted from 1: class 0 gets no plane, and all others the
#   plane before theirs

from keras import ops


def condition_images(images, labels, num_classes):
    one_hot = ops.one_hot(labels - 1, num_classes, dtype=images.dtype)
    planes = one_hot[:, None, None, :] * ops.ones_like(images[..., :1])
    return ops.concatenate([images, planes], axis=-1)
