# misconception: inception_score
# slug: kl_reversed
# what: the divergence of the marginal from each row
# told: looks like the divergence with its two sides swapped: each image's classes are
#   to be compared with the marginal, weighted by the image's own probabilities

import numpy as np


def inception_score(class_probabilities):
    p = np.clip(np.asarray(class_probabilities, "float64"), 1e-12, 1.0)
    marginal = p.mean(axis=0)
    kl = np.sum(marginal * (np.log(marginal) - np.log(p)), axis=1)
    return float(np.exp(kl.mean()))
