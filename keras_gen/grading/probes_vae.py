"""Trusted small networks whose answers are known: for a VAE, and for a latent grid.

They run beside the submission, in the box too.
"""

import keras
from keras import layers, ops


def encoder(image_shape, latent_dim):
    """A linear encoder; its weights: kernel and bias of z_mean, then of z_log_var."""
    images = keras.Input(tuple(image_shape))
    flat = layers.Flatten()(images)
    heads = [layers.Dense(latent_dim, name=n)(flat) for n in ("z_mean", "z_log_var")]
    return keras.Model(images, heads)


def decoder(image_shape, latent_dim):
    """A linear decoder with a sigmoid; its weights are a kernel and a bias."""
    z = keras.Input((latent_dim,))
    num = image_shape[0] * image_shape[1] * image_shape[2]
    flat = layers.Dense(num, activation="sigmoid")(z)
    return keras.Model(z, layers.Reshape(tuple(image_shape))(flat))


def telling(height, width, reach):
    """A decoder whose images `(height, width, 3)` tell where in the latent space it is.

    The first two channels are z[0] and z[1], with [-reach, reach] moved to [0, 1]; the
    third numbers the pixels of an image, from 0 to 1.  Its `times` counts how often it
    was called; one `predict` counts once however many batches it makes.
    """
    return _Telling(height, width, reach)


class _Telling(keras.Model):
    def __init__(self, height, width, reach):
        z = keras.Input((2,))
        flat = layers.Reshape((1, 1, 2))(z)
        plane = ops.reshape(
            ops.linspace(0.0, 1.0, height * width), (1, height, width, 1)
        )
        place = 0.5 + 0.5 / reach * flat
        place = layers.UpSampling2D((height, width))(place)
        pixel = 0.0 * place[..., :1] + ops.reshape(plane, (1, height, width, 1))
        # Its own name would begin with an underscore, which not every backend takes.
        super().__init__(z, ops.concatenate([place, pixel], axis=-1), name="telling")
        self.times, self.within = 0, False

    def call(self, *args, **kwargs):
        self.times += not self.within
        return super().call(*args, **kwargs)

    def predict(self, *args, **kwargs):
        return self._once(super().predict, *args, **kwargs)

    def predict_on_batch(self, *args, **kwargs):
        return self._once(super().predict_on_batch, *args, **kwargs)

    def _once(self, function, *args, **kwargs):
        self.times += 1
        self.within = True
        try:
            return function(*args, **kwargs)
        finally:
            self.within = False
