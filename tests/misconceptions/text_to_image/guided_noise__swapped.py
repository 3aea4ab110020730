# misconception: guided_noise
# slug: swapped
# what: the two predictions are swapped
# told: looks like the two predictions swapped: scale 1 should give the conditional one


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_cond + guidance_scale * (noise_uncond - noise_cond)
