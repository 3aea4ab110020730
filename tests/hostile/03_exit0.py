# 3 exit0: ends the process as if all were well
# expect: died
import os

os._exit(0)


def answer(x):
    return 2 * x + 1
