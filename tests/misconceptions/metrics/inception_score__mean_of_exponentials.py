# misconception: inception_score
# slug: mean_of_exponentials
# what: the exponential is taken before the mean
# told: looks like the mean of the exponentials: the mean comes first, then one
#   exponential

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    return float(np.exp(rel_entr(p, p.mean(axis=0)).sum(axis=1)).mean())
