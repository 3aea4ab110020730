# misconception: Sampler
# slug: same_noise_in_batch
# what: one noise vector for the whole batch
# told: looks like one noise vector for the whole batch: each row needs its own

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal((1, z_mean.shape[-1]), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
