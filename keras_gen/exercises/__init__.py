"""The lecture's exercises: what is asked of each name that a student writes.

Synopsis:

>>> def generator_loss(fake_logits):
...     return keras.ops.mean(keras.ops.softplus(-fake_logits))
>>> import keras
>>> check("generator_loss", generator_loss)
generator_loss: 3 of 3 checks passed.
"""

from keras_gen.exercises.notebook import check, check_all

__all__ = ["check", "check_all"]
