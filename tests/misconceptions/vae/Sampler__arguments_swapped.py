# misconception: Sampler
# slug: arguments_swapped
# what: mean and log-variance are taken in the other order
# told: looks like the two arguments in the other order: the mean comes first

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_log_var, z_mean):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
