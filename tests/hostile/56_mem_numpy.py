# 56 mem_numpy: grows by NumPy
# expect: error|memory
import numpy as np

parts = []
while True:
    parts.append(np.ones(2**22))


def answer(x):
    return 2 * x + 1
