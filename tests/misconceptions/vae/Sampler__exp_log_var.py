# misconception: Sampler
# slug: exp_log_var
# what: exp(z_log_var), the variance, in the place of the standard deviation
# told: looks like exp(z_log_var) where exp(0.5 * z_log_var) was meant: your noise is
#   {number} times too wide at z_log_var = 2

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(z_log_var) * epsilon
