# 77 garbage_frame: a pickle on the channel
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


os.write(channel(), b"\x80\x04\x95" + b"x" * 100)


def answer(x):
    return 2 * x + 1
