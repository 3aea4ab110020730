# 68 kill_all: kills everything
# expect: error
import os

try:
    os.kill(-1, 9)
except OSError:
    os.kill(1, 9)


def answer(x):
    return 2 * x + 1
