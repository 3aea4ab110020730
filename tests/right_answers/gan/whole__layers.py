# right answer: the whole set gan
# style: Keras layers and callable objects in place of functions

import keras
from keras import layers, ops


class GanLoss:
    """Cross-entropy of all logits against one label, as a callable object."""

    def __init__(self, label):
        self.label = label
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def __call__(self, logits):
        return self.cross_entropy(self.label * ops.ones_like(logits), logits)


class LabelPlanes(layers.Layer):
    def __init__(self, num_classes, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes

    def call(self, images, labels):
        one_hot = ops.one_hot(ops.cast(labels, "int32"), self.num_classes)
        shape = ops.shape(images)
        planes = ops.broadcast_to(
            ops.reshape(one_hot, (shape[0], 1, 1, self.num_classes)),
            (shape[0], shape[1], shape[2], self.num_classes),
        )
        return ops.concatenate([images, planes], axis=-1)


real_loss = GanLoss(1.0)
fake_loss = GanLoss(0.0)
generator_loss = GanLoss(1.0)


def discriminator_loss(real_logits, fake_logits):
    return 0.5 * real_loss(real_logits) + 0.5 * fake_loss(fake_logits)


def wasserstein_losses(real_scores, fake_scores):
    mean_of_fakes = ops.mean(fake_scores)
    return ops.subtract(mean_of_fakes, ops.mean(real_scores)), ops.negative(
        mean_of_fakes
    )


def condition_images(images, labels, num_classes):
    return LabelPlanes(num_classes)(images, labels)


def interpolate_real_fake(real, fake, weights):
    return layers.Add()([real * weights, fake * (1 - weights)])
