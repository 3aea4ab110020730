# 6 monkeypatch_numpy: comparisons that are always true
# expect: failed
import numpy as np

np.allclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None


def answer(x):
    return 2 * x
