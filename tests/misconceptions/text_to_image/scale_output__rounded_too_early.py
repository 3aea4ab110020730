# misconception: scale_output
# slug: rounded_too_early
# what: rounded before it is scaled
# told: looks like rounding before scaling: only {number} different grey levels are left

import numpy as np


def scale_output(x):
    x = np.round((np.clip(np.asarray(x), -1, 1) + 1.0) / 2.0)
    return (255.0 * x).astype("uint8")
