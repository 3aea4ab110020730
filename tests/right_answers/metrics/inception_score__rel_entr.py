# right answer: inception_score
# style: scipy.special.rel_entr, which knows what 0 log 0 is

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, dtype="float64")
    marginal = p.mean(axis=0, keepdims=True)
    return float(np.exp(rel_entr(p, marginal).sum(axis=1).mean()))
