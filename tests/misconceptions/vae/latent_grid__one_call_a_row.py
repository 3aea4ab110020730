# misconception: latent_grid
# slug: one_call_a_row
# what: the decoder is called for each row
# told: looks like one call of the decoder for each row: {number} calls, where all
#   points can be decoded at once

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    rows = []
    for y in axis[::-1]:
        latents = np.stack([axis, np.full(n, y)], axis=1).astype("float32")
        rows.append(np.concatenate(list(np.array(decoder(latents))), axis=1))
    return np.concatenate(rows, axis=0)
