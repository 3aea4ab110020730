# misconception: interpolate_real_fake
# slug: beyond_the_end
# what: steps away from the fake instead of towards it
# told: looks like a step away from the other image: your points lie beyond the line's
#   end, not between the two


def interpolate_real_fake(real, fake, weights):
    return real + weights * (real - fake)
