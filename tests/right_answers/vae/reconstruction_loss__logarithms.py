# right answer: reconstruction_loss
# style: the two logarithms by hand, clipped

from keras import ops


def reconstruction_loss(images, reconstructions):
    p = ops.clip(reconstructions, 1e-7, 1 - 1e-7)
    log_likelihood = images * ops.log(p) + (1.0 - images) * ops.log(1.0 - p)
    return -ops.sum(log_likelihood, axis=[1, 2, 3])
