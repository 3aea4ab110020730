# misconception: Sampler
# slug: untracked_seed
# what: the SeedGenerator is no attribute of the layer, so Keras does not know its state
# told: looks like a SeedGenerator that the layer does not own: in a compiled step its
#   state is frozen on JAX, and every step draws the same noise
# backends: jax
# told as: fixed_seed

import keras
from keras import ops

seed_generator = keras.random.SeedGenerator()


class Sampler(keras.Layer):
    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
