# right answer: guided_noise
# style: from the unconditional prediction towards the conditional one


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_uncond + guidance_scale * (noise_cond - noise_uncond)
