# misconception: scale_output
# slug: truncated
# what: fractions are cut off
# told: looks like fractions cut off where rounding was meant: half of your pixels are 1
#   too dark

import numpy as np


def scale_output(x):
    return np.clip((np.asarray(x) + 1.0) * 127.5, 0, 255).astype("uint8")
