# misconception: Sampler
# slug: uniform_noise
# what: uniform noise
# told: looks like uniform noise: it never leaves an interval, and N(0, 1) was meant

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.uniform(
            ops.shape(z_mean), -1.0, 1.0, seed=self.seed_generator
        )
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
