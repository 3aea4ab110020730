# 44 io_uring_socket: system calls by io_uring
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


check(libc.syscall(425, 8, ctypes.create_string_buffer(120)))


def answer(x):
    return 2 * x + 1
