# misconception: frechet_distance
# slug: means_only
# what: the covariances are left out
# told: looks like the distance of the means alone: two clouds with the same centre and
#   other widths get 0

import numpy as np


def frechet_distance(mean1, cov1, mean2, cov2):
    return float(np.sum((np.asarray(mean1) - np.asarray(mean2)) ** 2))
