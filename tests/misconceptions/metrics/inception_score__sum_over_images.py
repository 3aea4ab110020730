# misconception: inception_score
# slug: sum_over_images
# what: the divergences of the images are summed, not averaged
# told: looks like a sum over the images where their mean was meant: your score explodes
#   with the number of images

import numpy as np
from scipy.special import rel_entr


def inception_score(class_probabilities):
    p = np.asarray(class_probabilities, "float64")
    return float(np.exp(np.sum(rel_entr(p, p.mean(axis=0)))))
