"""Every picture the project writes: grids, strips, morphs, curves and a page of all.

Pictures go in as `uint8` arrays `(n, height, width, channels)`; what comes out shows
itself in a notebook and is written with `save`. Nothing here touches pyplot, so a
notebook's plotting backend stays as it is and callbacks may draw from any thread.

Synopsis:
    >>> import numpy as np
    >>> from keras_gen import plots
    >>> images = np.zeros((6, 28, 28, 1), "uint8")
    >>> plots.grid(images).size  # six pictures, enlarged four times, 3 x 2
    (344, 230)
"""

from keras_gen.plots.animations import Animation, animation
from keras_gen.plots.curves import training_curves
from keras_gen.plots.files import save
from keras_gen.plots.grids import captioned_grid, grid, pairs, strip, trajectory
from keras_gen.plots.interactive import explore
from keras_gen.plots.latents import latent_grid, latent_map
from keras_gen.plots.pages import Entry, gallery

__all__ = [
    "Animation",
    "Entry",
    "animation",
    "captioned_grid",
    "explore",
    "gallery",
    "grid",
    "latent_grid",
    "latent_map",
    "pairs",
    "save",
    "strip",
    "training_curves",
    "trajectory",
]
