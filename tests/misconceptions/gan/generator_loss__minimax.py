# misconception: generator_loss
# slug: minimax
# what: the saturating minimax loss log(1 - D)
# told: looks like the minimax loss log(1 - D) of the fakes: it has next to no gradient
#   where the discriminator is sure, so the other form was asked for

from keras import ops


def generator_loss(fake_logits):
    return -ops.mean(ops.softplus(fake_logits))
