"""What latent vectors know: directions along which one attribute changes.

They hold for whatever has latent vectors, a VAE as well as a GAN.

Synopsis: make the flowers of a VAE larger::

    pictures = flowers(2000)
    latents = vae.encode(pictures.images)
    larger = attribute_direction(latents, pictures.attributes["size"] == 2)
    vae.decode(latents[:8] + larger)

or those of a GAN, where someone must look at what is drawn first::

    latents = gan.latents(2000, seed=0)
    large = reader.read(gan.draw(latents))["size"] == 2
    gan.draw(latents[:8] + attribute_direction(latents, large))
"""

import numpy as np


def attribute_direction(latents, has):
    """The step from pictures that lack an attribute to those that have it.

    It is the difference of the two mean vectors.  Added to the vector of one picture it
    gives the attribute to it, and subtracted it takes it away.

    Args:
        latents: `(num, latent_dim)`.
        has: booleans `(num,)`.

    Returns:
        float32 array `(latent_dim,)`.

    Raises:
        ValueError: if all have it, or none.

    Example:

    >>> latents = np.array([[0.0, 1.0], [2.0, 1.0], [0.0, 3.0], [2.0, 3.0]])
    >>> attribute_direction(latents, [False, True, False, True]).tolist()
    [2.0, 0.0]

    Reference:
        Larsen et al. 2016, https://arxiv.org/abs/1512.09300, section 4.2.1.
    """
    latents, has = np.asarray(latents, "float64"), np.asarray(has)
    if latents.ndim != 2 or has.shape != latents.shape[:1] or has.dtype != bool:
        raise ValueError(
            "latents must be (num, latent_dim) and has booleans (num,); got "
            f"{latents.shape} and {has.dtype} {has.shape}."
        )
    if has.all() or not has.any():
        raise ValueError(
            "has must be true for some and false for others; got "
            f"{'True' if has.all() else 'False'} for all {len(has)}."
        )
    return (latents[has].mean(axis=0) - latents[~has].mean(axis=0)).astype("float32")
