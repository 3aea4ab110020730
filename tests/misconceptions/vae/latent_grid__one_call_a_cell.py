# misconception: latent_grid
# slug: one_call_a_cell
# what: the decoder is called for each cell
# told: looks like one call of the decoder for each cell: {number} calls, where all
#   points can be decoded at once

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    axis = np.linspace(-extent, extent, n)
    rows = []
    for y in axis[::-1]:
        row = [np.array(decoder(np.array([[x, y]], "float32")))[0] for x in axis]
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows, axis=0)
