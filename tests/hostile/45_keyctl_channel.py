# 45 keyctl_channel: leaves a key for the next run
# expect: error
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


number = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
check(libc.syscall(number, b"user", b"x", b"y", 1, -4))


def answer(x):
    return 2 * x + 1
