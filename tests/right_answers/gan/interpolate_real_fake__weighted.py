# right answer: interpolate_real_fake
# style: the weight is on the real images


def interpolate_real_fake(real, fake, weights):
    return weights * real + (1.0 - weights) * fake
