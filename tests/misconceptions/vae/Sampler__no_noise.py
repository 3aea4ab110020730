# misconception: Sampler
# slug: no_noise
# what: no noise is drawn
# told: looks like z_mean itself: there is no noise, so this is a plain autoencoder

import keras


class Sampler(keras.Layer):
    def call(self, z_mean, z_log_var):
        return z_mean + 0.0 * z_log_var
