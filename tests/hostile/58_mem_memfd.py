# 58 mem_memfd: grows by a file in memory
# expect: error
import os

fd = os.memfd_create("x")
while True:
    os.write(fd, bytes(2**20))


def answer(x):
    return 2 * x + 1
