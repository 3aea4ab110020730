# misconception: guided_noise
# slug: unconditional_left_out
# what: the scaled difference alone
# told: looks like the scaled difference alone: the unconditional prediction is to be
#   added to it


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return guidance_scale * (noise_cond - noise_uncond)
