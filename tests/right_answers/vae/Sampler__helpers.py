# right answer: Sampler
# style: a helper, the standard deviation by a root, the generator made in build

import keras
from keras import layers, ops


def reparameterize(mean, std, noise):
    return ops.add(mean, ops.multiply(std, noise))


class Sampler(layers.Layer):
    def build(self, z_mean_shape, z_log_var_shape):
        self.generator = keras.random.SeedGenerator(1234)

    def call(self, z_mean, z_log_var):
        noise = keras.random.normal(
            shape=(ops.shape(z_mean)[0], ops.shape(z_mean)[1]),
            mean=0.0,
            stddev=1.0,
            dtype=self.compute_dtype,
            seed=self.generator,
        )
        std = ops.exp(z_log_var / 2)
        return reparameterize(z_mean, std, noise)
