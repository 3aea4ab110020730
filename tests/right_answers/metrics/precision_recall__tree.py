# right answer: precision_recall
# style: a k-d tree for the radii, a loop over the points

import numpy as np
from scipy.spatial import KDTree


def precision_recall(real_features, fake_features, k=3):
    sets = [np.array(real_features, float), np.array(fake_features, float)]
    radii = [KDTree(s).query(s, k=k + 1)[0][:, -1] for s in sets]
    results = []
    for inside, of in ((1, 0), (0, 1)):
        hits = 0
        for point in sets[inside]:
            distances = np.linalg.norm(sets[of] - point, axis=1)
            hits += bool(np.any(distances <= radii[of]))
        results.append(hits / len(sets[inside]))
    return tuple(results)
