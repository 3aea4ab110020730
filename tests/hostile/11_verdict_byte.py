# 11 verdict_byte: one byte to every descriptor
# expect: protocol
import os

for fd in range(3, 100):
    try:
        os.write(fd, b'\x01' * 16)
    except OSError:
        pass


def answer(x):
    return 2 * x + 1
