# misconception: Sampler
# slug: numpy_noise
# what: noise drawn by NumPy, which is frozen into the compiled step
# told: looks like noise drawn by NumPy: it needs a known batch size and stays the same
#   in every compiled step, where keras.random does not

import keras
import numpy as np
from keras import ops


class Sampler(keras.Layer):
    def call(self, z_mean, z_log_var):
        epsilon = np.random.normal(size=z_mean.shape).astype("float32")
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
