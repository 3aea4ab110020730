# right answer: condition_images
# style: one-hot, reshaped and broadcast by multiplication

from keras import ops


def condition_images(images, labels, num_classes):
    one_hot = ops.one_hot(labels, num_classes, dtype=images.dtype)
    planes = one_hot[:, None, None, :] * ops.ones_like(images[..., :1])
    return ops.concatenate([images, planes], axis=-1)
