# misconception: inception_score
# slug: nan_for_zeros
# what: 0 * log(0) gives NaN
# told: looks like 0 * log(0), which is NaN in code and 0 in the formula: a class that
#   an image certainly does not show breaks your score

import numpy as np


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    with np.errstate(all="ignore"):
        kl = np.sum(p * np.log(p / p.mean(axis=0)), axis=1)
        return float(np.exp(kl.mean()))
