# 46 flock_channel: talks by locks on shared files
# expect: error
import fcntl

fcntl.flock(open("/rt/site/numpy/__init__.py"), fcntl.LOCK_SH)


def answer(x):
    return 2 * x + 1
