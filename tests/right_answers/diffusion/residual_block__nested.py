# right answer: residual_block
# style: a custom layer with the convolutions inside, an activation after the addition

from keras import layers, ops


class ResidualBlock(layers.Layer):
    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Conv2D(width, 3, padding="same")
        self.second = layers.Conv2D(width, 3, padding="same")
        self.shortcut = layers.Conv2D(width, 1, use_bias=False)

    def call(self, x):
        y = ops.relu(self.first(x))
        return ops.relu(self.second(y) + self.shortcut(x))


def residual_block(x, width):
    return ResidualBlock(width)(x)
