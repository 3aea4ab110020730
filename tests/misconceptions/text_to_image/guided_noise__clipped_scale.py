# misconception: guided_noise
# slug: clipped_scale
# what: scales above 1 count as 1
# told: looks like a scale that is cut off at 1: beyond 1 the text is exaggerated, and
#   that is what guidance is for


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    scale = min(max(guidance_scale, 0.0), 1.0)
    return noise_uncond + scale * (noise_cond - noise_uncond)
