# right answer: condition_images
# style: no one_hot: labels compared with all classes, RepeatVector and Reshape layers

from keras import layers, ops


def condition_images(images, labels, num_classes):
    _, height, width, _ = images.shape
    labels = ops.cast(labels, "int32")
    is_class = ops.equal(ops.expand_dims(labels, -1), ops.arange(num_classes))
    flat = layers.RepeatVector(height * width)(ops.cast(is_class, "float32"))
    planes = layers.Reshape((height, width, num_classes))(flat)
    return layers.Concatenate()([images, planes])
