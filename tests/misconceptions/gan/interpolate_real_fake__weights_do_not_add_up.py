# misconception: interpolate_real_fake
# slug: weights_do_not_add_up
# what: real + weight * fake, whose weights do not sum to one
# told: looks like real + weights * fake: the two weights must add up to 1, or the point
#   is not between the images


def interpolate_real_fake(real, fake, weights):
    return real + weights * fake
