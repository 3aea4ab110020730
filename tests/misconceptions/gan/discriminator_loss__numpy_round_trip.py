# misconception: discriminator_loss
# slug: numpy_round_trip
# what: the logits are turned into NumPy arrays, so nothing can be trained
# told: looks like a step through NumPy: it gives the right number, but no gradient can
#   flow through it and it fails inside fit

import numpy as np


def discriminator_loss(real_logits, fake_logits):
    real_logits, fake_logits = np.array(real_logits), np.array(fake_logits)
    real = np.mean(np.logaddexp(0.0, -real_logits))
    fake = np.mean(np.logaddexp(0.0, fake_logits))
    return 0.5 * (real + fake)
