# 74 core_dump_pipe: makes itself dumpable, and crashes
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


check(libc.prctl(4, 1, 0, 0, 0))
ctypes.string_at(0)


def answer(x):
    return 2 * x + 1
