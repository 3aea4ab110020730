# 75 pickle_object_array: an array of objects that run code
# expect: error|failed
import os

import numpy as np


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


def answer(x):
    return np.array([Evil()], dtype=object)
