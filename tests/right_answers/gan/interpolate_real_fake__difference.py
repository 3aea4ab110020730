# right answer: interpolate_real_fake
# style: from the real images a part of the way to the fakes

from keras import ops


def interpolate_real_fake(real, fake, weights):
    difference = ops.subtract(fake, real)
    return ops.add(real, ops.multiply(weights, difference))
