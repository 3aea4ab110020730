# 67 double_fork_daemon: survives its own end
# expect: error
import os

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            pass


def answer(x):
    return 2 * x + 1
