# 5 eq_always_true: an array that equals everything
# expect: failed
import numpy as np


class Equal(np.ndarray):
    def __eq__(self, other):
        return True

    def __array_ufunc__(self, *arguments, **keywords):
        return True


def answer(x):
    return np.zeros_like(x).view(Equal)
