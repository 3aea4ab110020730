# 71 seccomp_relax: takes the filter away
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


check(libc.prctl(22, 0, 0, 0, 0))


def answer(x):
    return 2 * x + 1
