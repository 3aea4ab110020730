# 36 unshare_user: a user namespace for capabilities
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


check(libc.unshare(0x10000000))


def answer(x):
    return 2 * x + 1
