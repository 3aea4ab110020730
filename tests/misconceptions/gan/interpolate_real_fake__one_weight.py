# misconception: interpolate_real_fake
# slug: one_weight
# what: one weight for the whole batch
# told: looks like one weight for the whole batch: each pair has a weight of its own


def interpolate_real_fake(real, fake, weights):
    weight = weights[0]
    return weight * real + (1.0 - weight) * fake
