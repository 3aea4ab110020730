# misconception: Sampler
# slug: fixed_seed
# what: an integer seed, so every call draws the same noise
# told: looks like an integer as the seed: every call draws the same noise, where a
#   SeedGenerator gives fresh one

import keras
from keras import ops


class Sampler(keras.Layer):
    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=42)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
