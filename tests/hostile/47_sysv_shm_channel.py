# 47 sysv_shm_channel: leaves shared memory
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


check(libc.shmget(4711, 4096, 0o1666))


def answer(x):
    return 2 * x + 1
