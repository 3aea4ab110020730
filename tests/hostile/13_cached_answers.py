# 13 cached_answers: a table from an earlier run
# expect: failed
import numpy as np


def answer(x):
    return np.full_like(x, 3.0)
