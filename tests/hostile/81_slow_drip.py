# 81 slow_drip: a byte now and then
# expect: timeout
import os
import stat


def channel():
    for fd in range(3, 100):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return fd
        except OSError:
            continue
import time

text = b"KCG1" + (200_000).to_bytes(4, "little") + bytes(8) + b" " * 200_000
for byte in text:
    os.write(channel(), bytes([byte]))
    time.sleep(0.2)


def answer(x):
    return 2 * x + 1
