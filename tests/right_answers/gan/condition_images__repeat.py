# right answer: condition_images
# style: expand and repeat, as the book does

from keras import ops


def condition_images(images, labels, num_classes):
    height, width = images.shape[1], images.shape[2]
    planes = ops.one_hot(labels, num_classes)
    planes = ops.reshape(planes, (-1, 1, 1, num_classes))
    planes = ops.repeat(planes, height, axis=1)
    planes = ops.repeat(planes, width, axis=2)
    return ops.concatenate([images, ops.cast(planes, images.dtype)], axis=3)
