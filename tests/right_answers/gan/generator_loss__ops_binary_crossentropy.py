# right answer: generator_loss
# style: keras.ops.binary_crossentropy

from keras import ops


def generator_loss(fake_logits):
    wanted = ops.ones_like(fake_logits)
    losses = ops.binary_crossentropy(wanted, fake_logits, from_logits=True)
    return ops.mean(losses)
