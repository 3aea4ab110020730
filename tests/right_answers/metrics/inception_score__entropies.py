# right answer: inception_score
# style: entropy of the marginal less the mean entropy

import numpy as np


def entropy(p):
    p = p[p > 0]
    return -np.sum(p * np.log(p))


def inception_score(class_probabilities):
    rows = np.array(class_probabilities, dtype=float)
    mean_entropy = np.mean([entropy(row) for row in rows])
    return np.exp(entropy(rows.mean(0)) - mean_entropy)
