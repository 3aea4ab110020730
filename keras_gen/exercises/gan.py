"""Checks of the set `gan`: the losses first, then what is done with pictures."""

from keras_gen.exercises import gan_images
from keras_gen.exercises.gan_losses import checks

__all__ = ["checks", "gan_images"]
