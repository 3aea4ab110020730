# misconception: Sampler
# slug: same_noise_in_dimensions
# what: one noise number a row, shared by all latent dimensions
# told: looks like one random number a row: each latent dimension needs its own

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        shape = (ops.shape(z_mean)[0], 1)
        epsilon = keras.random.normal(shape, seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
