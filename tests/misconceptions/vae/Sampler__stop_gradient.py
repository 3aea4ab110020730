# misconception: Sampler
# slug: stop_gradient
# what: the gradient is stopped at the sample
# told: looks like a stop_gradient on z: the values are right, but the encoder cannot
#   learn through it

import keras
from keras import ops


class Sampler(keras.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return ops.stop_gradient(z_mean + ops.exp(0.5 * z_log_var) * epsilon)
