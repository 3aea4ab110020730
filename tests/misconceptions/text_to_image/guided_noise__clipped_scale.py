# misconception: guided_noise
# slug: clipped_scale
# what: scales above 1 count as 1
# told: looks like a scale that is cut off at 1: beyond 1 the text is exaggerated, and
#   that is what guidance is for

from keras import ops


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    scale = ops.clip(guidance_scale, 0.0, 1.0)
    return noise_uncond + scale * (noise_cond - noise_uncond)
