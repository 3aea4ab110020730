# misconception: scale_output
# slug: from_zero_one
# what: x * 255, as if x were in [0, 1]
# told: looks like x * 255, as for images in [0, 1]: the darker half, below 0, is lost

import numpy as np


def scale_output(x):
    return np.clip(np.round(np.asarray(x) * 255.0), 0, 255).astype("uint8")
