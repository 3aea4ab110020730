# misconception: scale_output
# slug: times_128
# what: (x + 1) * 128
# told: looks like (x + 1) * 128: 1 becomes 256, which does not fit

import numpy as np


def scale_output(x):
    return np.clip(np.round((np.asarray(x) + 1.0) * 128), 0, 255).astype("uint8")
