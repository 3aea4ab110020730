# right answer: guided_noise
# style: a weighted sum


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return guidance_scale * noise_cond + (1.0 - guidance_scale) * noise_uncond
