# misconception: frechet_distance
# slug: cross_term_once
# what: the cross term's factor 2 is missing
# told: looks like the trace of the root subtracted once: its factor 2 is missing, so a
#   distance from itself is {number} and not 0

import numpy as np


def root(cov):
    values, vectors = np.linalg.eigh(cov)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(np.asarray, (mean1, cov1, mean2, cov2))
    overlap = np.linalg.norm(root(cov1) @ root(cov2), ord="nuc")
    return float(np.sum((mean1 - mean2) ** 2) + np.trace(cov1 + cov2) - overlap)
