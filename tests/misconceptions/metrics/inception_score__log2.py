# misconception: inception_score
# slug: log2
# what: bits and exp mixed
# told: looks like log2 together with exp: nats go with exp, bits with a power of 2

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    bits = rel_entr(p, p.mean(axis=0)).sum(axis=1).mean() / np.log(2)
    return float(np.exp(bits))
