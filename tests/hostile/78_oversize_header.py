# 78 oversize_header: lengths of 2^32 and 2^64
# expect: protocol
import os
import stat


def channel():
    for fd in range(3, 100):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return fd
        except OSError:
            continue


os.write(channel(), b"KCG1" + b"\xff" * 12)


def answer(x):
    return 2 * x + 1
