# misconception: interpolate_real_fake
# slug: draws_its_own
# what: the weights are ignored and drawn anew
# told: looks like new random weights where those given were meant: two calls with the
#   same weights give different points

import keras
from keras import ops


def interpolate_real_fake(real, fake, weights):
    weights = keras.random.uniform((ops.shape(real)[0], 1, 1, 1))
    return weights * real + (1.0 - weights) * fake
