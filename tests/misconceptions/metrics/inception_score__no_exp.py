# misconception: inception_score
# slug: no_exp
# what: the exponential is missing
# told: looks like the mean divergence itself: the score is its exponential, at least 1

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    return float(rel_entr(p, p.mean(axis=0)).sum(axis=1).mean())
