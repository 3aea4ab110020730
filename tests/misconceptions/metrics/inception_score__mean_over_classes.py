# misconception: inception_score
# slug: mean_over_classes
# what: the divergence is averaged over classes, not summed
# told: looks like a mean over the classes where a sum was meant: your exponent is
#   {number} times too small

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    return float(np.exp(np.mean(rel_entr(p, p.mean(axis=0)))))
