# misconception: scale_output
# slug: min_max
# what: each batch is stretched to its own range
# told: looks like a stretch from the darkest to the brightest value that is there: a
#   dull image would not stay dull

import numpy as np


def scale_output(x):
    x = np.asarray(x)
    x = (x - x.min()) / (x.max() - x.min())
    return np.round(255.0 * x).astype("uint8")
