# 35 remount_rw: makes a mount writable
# expect: error
import ctypes

import numpy

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


check(libc.mount(None, numpy.__path__[0].encode(), None, 32 | 4096, None))


def answer(x):
    return 2 * x + 1
