# misconception: guided_noise
# slug: sign
# what: moves away from the prompt
# told: looks like a step away from the prompt: the difference has the wrong sign


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_uncond - guidance_scale * (noise_cond - noise_uncond)
