# 61 huge_output: an answer of 512 MB
# expect: error|protocol
import numpy as np


def answer(x):
    return np.zeros(2**26)
