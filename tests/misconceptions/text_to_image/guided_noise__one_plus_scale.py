# misconception: guided_noise
# slug: one_plus_scale
# what: the paper's convention, in which scale 0 is conditional
# told: looks like (1 + scale), the convention of the paper: here scale 1 is the
#   conditional prediction and scale 0 the unconditional one


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return (1 + guidance_scale) * noise_cond - guidance_scale * noise_uncond
