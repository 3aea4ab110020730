# misconception: scale_output
# slug: floats
# what: floats are returned
# told: looks like floats: uint8 was asked for

import numpy as np


def scale_output(x):
    return np.clip(np.round((np.asarray(x) + 1.0) * 127.5), 0, 255)
