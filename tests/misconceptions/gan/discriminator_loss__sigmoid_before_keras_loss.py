# misconception: discriminator_loss
# slug: sigmoid_before_keras_loss
# what: a sigmoid before from_logits=True, which TensorFlow forgives and JAX does not
# told: looks like a sigmoid before a loss with from_logits=True, so that it is applied
#   twice on JAX: even a perfect discriminator pays at least {number}
# backends: jax
# told as: sigmoid_twice

import keras
from keras import ops

bce = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, fake_logits):
    real, fake = ops.sigmoid(real_logits), ops.sigmoid(fake_logits)
    real_loss = bce(ops.ones_like(real), real)
    fake_loss = bce(ops.zeros_like(fake), fake)
    return 0.5 * (real_loss + fake_loss)
