"""Classifier-free guidance: one network that can draw with and without the text.

In training the text of some examples is dropped, so the network learns both the
conditional and the unconditional noise.  In sampling the two predictions are
compared, and the difference, what the text adds, is made larger.
"""

import keras
from keras import ops


def guided_noise(noise_uncond, noise_cond, guidance_scale):
    """Moves the prediction from "any picture" towards "this prompt", and beyond.

    `noise_uncond + guidance_scale * (noise_cond - noise_uncond)`: scale 0 ignores
    the prompt, 1 is the plain conditional prediction, more than 1 exaggerates it.
    With the prediction for a negative prompt as `noise_uncond`, the same line moves
    away from what the negative prompt says.

    Args:
        noise_uncond: predicted noise without the prompt (or for the negative one).
        noise_cond: predicted noise for the prompt, same shape.
        guidance_scale: a number, or a tensor that broadcasts.

    Returns:
        Noise of the same shape.

    Example:

    >>> float(guided_noise(1.0, 3.0, guidance_scale=2.0))
    5.0

    Reference:
        Ho & Salimans 2022, https://arxiv.org/abs/2207.12598, eq. 6, whose guidance
        strength w is `guidance_scale - 1`.
    """
    return noise_uncond + guidance_scale * (noise_cond - noise_uncond)


def drop_text(text_embeddings, drop_rate, seed):
    """Replaces the text of each example, with some probability, by the null text.

    The null text is zero.  The whole text of an example is kept or dropped; there is
    no scaling as in `keras.layers.Dropout`, the kept embeddings are left as they are.

    Args:
        text_embeddings: `(batch, dim)` or `(batch, length, dim)`.
        drop_rate: probability in [0, 1] of dropping an example's text.
        seed: an integer or a `keras.random.SeedGenerator`.

    Returns:
        Embeddings of the same shape.
    """
    ones = (1,) * (len(text_embeddings.shape) - 1)
    chances = keras.random.uniform((ops.shape(text_embeddings)[0], *ones), seed=seed)
    return text_embeddings * ops.cast(chances >= drop_rate, text_embeddings.dtype)
