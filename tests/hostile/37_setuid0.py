# 37 setuid0: becomes root
# expect: error
import os

os.setuid(0)


def answer(x):
    return 2 * x + 1
