# 69 ptrace_init: reads another process
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


try:
    check(libc.ptrace(16, 1, 0, 0))
except OSError:
    open("/proc/1/mem", "rb").read(1)


def answer(x):
    return 2 * x + 1
