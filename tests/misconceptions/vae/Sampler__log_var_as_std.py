# misconception: Sampler
# slug: log_var_as_std
# what: z_log_var itself as the standard deviation
# told: looks like z_log_var times the noise: it is a logarithm, and of the variance, so
#   it must be turned into a standard deviation first

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + z_log_var * epsilon
