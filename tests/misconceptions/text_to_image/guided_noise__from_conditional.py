# misconception: guided_noise
# slug: from_conditional
# what: starts at the conditional prediction
# told: looks like a step that starts at the conditional prediction: at scale 0 the text
#   is to be ignored


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    return noise_cond + guidance_scale * (noise_cond - noise_uncond)
