# 46 flock_channel: talks by locks on shared files
# expect: error
import fcntl

import numpy

fcntl.flock(open(numpy.__file__), fcntl.LOCK_SH)


def answer(x):
    return 2 * x + 1
