# misconception: interpolate_real_fake
# slug: midpoint
# what: the weights are ignored and the midpoint taken
# told: looks like the midpoint whatever the weights: the penalty is to be taken
#   anywhere on the line


def interpolate_real_fake(real, fake, weights):
    return (real + fake) / 2.0
