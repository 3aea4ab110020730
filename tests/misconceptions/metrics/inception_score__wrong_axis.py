# misconception: inception_score
# slug: wrong_axis
# what: the marginal is the mean over the classes of each image
# told: looks like a mean over the classes of each image, which is always one over their
#   number: the marginal is the mean over the images

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    marginal = p.mean(axis=1, keepdims=True)
    return float(np.exp(rel_entr(p, marginal).sum(axis=1).mean()))
