# right answer: scale_output
# style: NumPy

import numpy as np


def scale_output(x):
    x = (np.asarray(x) + 1.0) * 127.5
    return np.clip(np.round(x), 0, 255).astype("uint8")
